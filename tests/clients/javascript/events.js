// Sends plain events with Honeycomb's libhoney for JavaScript.
//
//     node events.js API_HOST DATASET < EVENTS
//
// Takes a JSON list of {"time_ms", "samplerate", "data"}, sends each as it is (presampled), and
// prints what became of each: [{"place", "status", "error"}], by its place in the list.
'use strict';

const libhoney = require('libhoney');

const Libhoney = libhoney.default ?? libhoney;

async function main() {
  const [apiHost, dataset] = process.argv.slice(2);
  const events = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const outcomes = [];
  const client = new Libhoney({
    apiHost,
    dataset,
    writeKey: 'unused-on-loopback',
    // Several batches, sent at once.
    batchSizeTrigger: 25,
    responseCallback: (responses) => {
      for (const { metadata, status_code: status, error } of responses) {
        outcomes.push({ place: metadata, status, error: error ? String(error) : null });
      }
    },
  });
  events.forEach((sent, place) => {
    const event = client.newEvent();
    event.add(sent.data);
    event.timestamp = new Date(sent.time_ms);
    event.sampleRate = sent.samplerate;
    event.metadata = place;
    event.sendPresampled();
  });
  await client.flush();
  process.stdout.write(JSON.stringify(outcomes));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
