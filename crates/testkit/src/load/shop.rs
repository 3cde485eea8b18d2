//! The observed system: an imaginary web shop of twenty services.
//!
//! Only facts that every instance shares stand here. Calls go from a service to others that do not
//! call back, as in a sane architecture, and each route belongs to one service.

/// A service of the shop.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) language: Language,
    pub(super) version: &'static str,
    pub(super) port: i64,
    /// Services it asks over HTTP.
    pub(super) calls: &'static [&'static str],
    /// Tables of its own database; empty where it has none.
    pub(super) tables: &'static [&'static str],
    pub(super) system: &'static str,
    /// Whether it keeps a Redis cache.
    pub(super) cache: bool,
    pub(super) routes: &'static [Route],
    /// Functions that have a span of their own.
    pub(super) functions: &'static [&'static str],
}

/// A route of a service and how long its own work takes.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) handler: &'static str,
    /// Median time of its own work, in microseconds, children apart.
    pub(super) median_us: f64,
    /// Deviation of that time's logarithm.
    pub(super) sigma: f64,
}

/// A topic of the message broker.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: &'static str,
    pub(super) producer: &'static str,
    pub(super) consumer: &'static str,
}

/// What a service is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Go,
    Java,
    Node,
    Python,
}

/// How many services the shop has.
pub(super) const SERVICE_COUNT: usize = 20;

/// Services at which traces begin.
pub(super) const ENTRIES: [&str; 2] = ["gateway", "storefront"];

/// The service, route and version that are slow and failing during the incident.
pub(super) const INCIDENT_SERVICE: &str = "payment";
/// The route of the incident.
pub(super) const INCIDENT_ROUTE: &str = "/payments/{payment}/capture";
/// The version of the incident, which one instance runs.
pub(super) const INCIDENT_VERSION: &str = "7.3.0-rc1";

const fn route(
    method: &'static str,
    path: &'static str,
    handler: &'static str,
    median_us: f64,
    sigma: f64,
) -> Route {
    Route { method, path, handler, median_us, sigma }
}

/// The topics of the broker.
pub(super) static TOPICS: [Topic; 7] = [
    Topic { name: "orders.created", producer: "order", consumer: "notification" },
    Topic { name: "payments.captured", producer: "payment", consumer: "invoice" },
    Topic { name: "checkouts.completed", producer: "checkout", consumer: "order" },
    Topic { name: "reviews.posted", producer: "review", consumer: "recommendation" },
    Topic { name: "carts.updated", producer: "cart", consumer: "recommendation" },
    Topic { name: "accounts.registered", producer: "account", consumer: "notification" },
    Topic { name: "pages.viewed", producer: "storefront", consumer: "recommendation" },
];

/// The services. The order is that of calls: a service only calls those after it.
pub(super) static SERVICES: [Service; SERVICE_COUNT] = [
    Service {
        name: "gateway",
        language: Language::Go,
        version: "3.18.2",
        port: 8443,
        calls: &[
            "storefront",
            "search",
            "catalog",
            "checkout",
            "cart",
            "order",
            "review",
            "account",
            "media",
            "payment",
        ],
        tables: &[],
        system: "",
        cache: true,
        routes: &[
            route("GET", "/", "serveHome", 900.0, 0.5),
            route("GET", "/products/{sku}", "serveProduct", 1_100.0, 0.5),
            route("GET", "/search/{query}/{page}", "serveSearch", 1_600.0, 0.7),
            route("POST", "/cart/{cart}/items", "serveCartAdd", 1_300.0, 0.5),
            route("GET", "/cart/{cart}", "serveCart", 900.0, 0.5),
            route("POST", "/checkout/{cart}", "serveCheckout", 4_200.0, 0.6),
            route("GET", "/orders/{order}", "serveOrder", 1_500.0, 0.5),
            route("GET", "/account/{account}", "serveAccount", 1_200.0, 0.5),
            route("POST", "/login", "serveLogin", 5_200.0, 0.4),
        ],
        functions: &["authenticate", "limitRate", "rewriteHeaders"],
    },
    Service {
        name: "storefront",
        language: Language::Node,
        version: "11.4.0",
        port: 3000,
        calls: &["search", "catalog", "cart", "review", "recommendation", "pricing", "checkout"],
        tables: &[],
        system: "",
        cache: true,
        routes: &[
            route("GET", "/pages/home", "renderHome", 6_500.0, 0.5),
            route("GET", "/pages/product/{sku}", "renderProduct", 8_200.0, 0.5),
            route("GET", "/pages/category/{sku}/{page}", "renderCategory", 9_400.0, 0.6),
            route("GET", "/pages/account/{account}", "renderAccount", 5_800.0, 0.5),
        ],
        functions: &["renderTemplate", "hydrateState", "resolveLocale"],
    },
    Service {
        name: "search",
        language: Language::Java,
        version: "5.9.1",
        port: 8080,
        calls: &["catalog", "recommendation", "pricing"],
        tables: &["search_terms", "synonyms"],
        system: "mysql",
        cache: true,
        routes: &[
            route("GET", "/search/{query}", "SearchController.search", 14_000.0, 0.8),
            route("GET", "/suggest/{query}", "SuggestController.suggest", 3_100.0, 0.6),
        ],
        functions: &["QueryParser.parse", "Ranker.score", "FacetCounter.count"],
    },
    Service {
        name: "catalog",
        language: Language::Java,
        version: "8.2.7",
        port: 8080,
        calls: &["media", "inventory", "pricing"],
        tables: &["products", "categories", "product_variants"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/catalog/products/{sku}", "ProductController.show", 1_900.0, 0.5),
            route("GET", "/catalog/categories/{sku}", "CategoryController.list", 4_300.0, 0.6),
            route("GET", "/catalog/batch/{batch}", "ProductController.batch", 7_700.0, 0.7),
        ],
        functions: &["ProductAssembler.assemble", "VariantFilter.apply"],
    },
    Service {
        name: "checkout",
        language: Language::Go,
        version: "2.41.0",
        port: 8080,
        calls: &["cart", "payment", "order", "shipping", "fraud"],
        tables: &["checkouts", "checkout_steps"],
        system: "postgresql",
        cache: false,
        routes: &[
            route("POST", "/checkouts/{cart}/start", "startCheckout", 2_700.0, 0.5),
            route("PUT", "/checkouts/{checkout}/address", "putAddress", 1_700.0, 0.5),
            route("POST", "/checkouts/{checkout}/confirm", "confirmCheckout", 6_900.0, 0.6),
        ],
        functions: &["validateCheckout", "lockCart", "computeTotals"],
    },
    Service {
        name: "cart",
        language: Language::Node,
        version: "6.0.3",
        port: 3000,
        calls: &["pricing", "inventory", "loyalty"],
        tables: &["carts", "cart_items"],
        system: "mysql",
        cache: true,
        routes: &[
            route("GET", "/carts/{cart}", "getCart", 1_400.0, 0.5),
            route("POST", "/carts/{cart}/items", "addItem", 2_300.0, 0.5),
            route("DELETE", "/carts/{cart}/items/{item}", "removeItem", 1_900.0, 0.5),
        ],
        functions: &["mergeCarts", "applyPromotions"],
    },
    Service {
        name: "payment",
        language: Language::Java,
        version: "7.2.4",
        port: 8080,
        calls: &["fraud", "account", "invoice"],
        tables: &["payments", "refunds", "ledger_entries"],
        system: "postgresql",
        cache: false,
        routes: &[
            route(
                "POST",
                "/payments/{order}/authorize",
                "PaymentResource.authorize",
                21_000.0,
                0.6,
            ),
            route("POST", INCIDENT_ROUTE, "PaymentResource.capture", 16_000.0, 0.5),
            route("GET", "/payments/{payment}", "PaymentResource.show", 1_600.0, 0.5),
        ],
        functions: &["CardVault.detokenize", "AcquirerGateway.submit", "Ledger.post"],
    },
    Service {
        name: "order",
        language: Language::Java,
        version: "4.11.6",
        port: 8080,
        calls: &["shipping", "invoice", "inventory", "account"],
        tables: &["orders", "order_lines", "order_events"],
        system: "postgresql",
        cache: false,
        routes: &[
            route("POST", "/orders/{order}/lines", "OrderResource.addLines", 3_900.0, 0.5),
            route("GET", "/orders/{order}/status", "OrderResource.status", 1_500.0, 0.5),
            route("PATCH", "/orders/{order}/state", "OrderResource.transition", 2_800.0, 0.6),
        ],
        functions: &["StateMachine.fire", "OrderMapper.toDto"],
    },
    Service {
        name: "review",
        language: Language::Python,
        version: "1.27.0",
        port: 8000,
        calls: &["account", "media"],
        tables: &["reviews", "review_votes"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/reviews/{sku}/{page}", "list_reviews", 5_100.0, 0.6),
            route("POST", "/reviews/{sku}", "post_review", 8_800.0, 0.6),
        ],
        functions: &["sanitize_markup", "score_sentiment"],
    },
    Service {
        name: "recommendation",
        language: Language::Python,
        version: "0.94.1",
        port: 8000,
        calls: &["inventory", "loyalty"],
        tables: &["item_vectors", "user_vectors"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/recommendations/{account}", "recommend_for_user", 18_000.0, 0.7),
            route("GET", "/recommendations/similar/{sku}", "recommend_similar", 11_000.0, 0.7),
        ],
        functions: &["load_candidates", "rank_candidates", "filter_seen"],
    },
    Service {
        name: "pricing",
        language: Language::Go,
        version: "9.3.5",
        port: 8080,
        calls: &["loyalty"],
        tables: &["price_lists", "promotions"],
        system: "mysql",
        cache: true,
        routes: &[
            route("GET", "/prices/{sku}", "getPrice", 420.0, 0.5),
            route("POST", "/prices/quote/{quote}", "quotePrices", 1_300.0, 0.6),
        ],
        functions: &["evaluateRules", "roundAmounts"],
    },
    Service {
        name: "shipping",
        language: Language::Go,
        version: "3.6.1",
        port: 8080,
        calls: &["inventory", "account"],
        tables: &["shipments", "carriers"],
        system: "postgresql",
        cache: false,
        routes: &[
            route("POST", "/shipments/{order}/quote", "quoteShipment", 9_700.0, 0.7),
            route("GET", "/shipments/{shipment}", "getShipment", 1_100.0, 0.5),
        ],
        functions: &["packParcels", "selectCarrier"],
    },
    Service {
        name: "fraud",
        language: Language::Python,
        version: "2.2.8",
        port: 8000,
        calls: &["account"],
        tables: &["risk_scores", "blocked_cards"],
        system: "postgresql",
        cache: true,
        routes: &[route("POST", "/risk/{payment}/score", "score_payment", 24_000.0, 0.6)],
        functions: &["extract_features", "predict_risk"],
    },
    Service {
        name: "notification",
        language: Language::Python,
        version: "3.3.3",
        port: 8000,
        calls: &["account"],
        tables: &["notifications"],
        system: "postgresql",
        cache: false,
        routes: &[route("POST", "/notifications/{account}", "send_notification", 13_000.0, 0.7)],
        functions: &["render_email", "pick_channel"],
    },
    Service {
        name: "account",
        language: Language::Python,
        version: "5.15.2",
        port: 8000,
        calls: &["session"],
        tables: &["accounts", "addresses"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/accounts/{account}", "get_account", 2_600.0, 0.5),
            route("PUT", "/accounts/{account}/address/{address}", "put_address", 4_100.0, 0.5),
        ],
        functions: &["check_permissions", "serialize_account"],
    },
    Service {
        name: "session",
        language: Language::Go,
        version: "1.70.0",
        port: 8080,
        calls: &[],
        tables: &[],
        system: "",
        cache: true,
        routes: &[
            route("GET", "/sessions/{session}", "getSession", 260.0, 0.4),
            route("POST", "/sessions", "createSession", 700.0, 0.5),
        ],
        functions: &["verifyToken"],
    },
    Service {
        name: "inventory",
        language: Language::Java,
        version: "6.6.0",
        port: 8080,
        calls: &[],
        tables: &["stock_levels", "reservations"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/stock/{sku}", "StockResource.level", 800.0, 0.5),
            route("POST", "/stock/{sku}/reserve", "StockResource.reserve", 2_900.0, 0.6),
        ],
        functions: &["StockAllocator.allocate"],
    },
    Service {
        name: "invoice",
        language: Language::Java,
        version: "2.8.3",
        port: 8080,
        calls: &[],
        tables: &["invoices", "tax_rates"],
        system: "postgresql",
        cache: false,
        routes: &[
            route("POST", "/invoices/{order}", "InvoiceResource.create", 12_000.0, 0.6),
            route("GET", "/invoices/{invoice}", "InvoiceResource.show", 1_700.0, 0.5),
        ],
        functions: &["PdfRenderer.render", "TaxCalculator.compute"],
    },
    Service {
        name: "loyalty",
        language: Language::Node,
        version: "4.1.9",
        port: 3000,
        calls: &[],
        tables: &["points", "tiers"],
        system: "mysql",
        cache: true,
        routes: &[route("GET", "/points/{account}", "getPoints", 1_200.0, 0.5)],
        functions: &["computeTier"],
    },
    Service {
        name: "media",
        language: Language::Go,
        version: "1.12.4",
        port: 8080,
        calls: &[],
        tables: &["assets"],
        system: "postgresql",
        cache: true,
        routes: &[
            route("GET", "/media/{asset}/thumbnail", "getThumbnail", 3_300.0, 0.7),
            route("GET", "/media/{asset}/original", "getOriginal", 9_100.0, 0.8),
        ],
        functions: &["decodeImage", "resizeImage"],
    },
];

/// The place of the service called `name` in [`SERVICES`].
pub(super) fn service_index(name: &str) -> usize {
    SERVICES.iter().position(|service| service.name == name).expect("the shop has this service")
}

#[cfg(test)]
mod tests;
