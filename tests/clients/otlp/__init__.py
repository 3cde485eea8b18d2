"""What the tests with OpenTelemetry SDKs share: who sends, what was sent, what must be found."""
