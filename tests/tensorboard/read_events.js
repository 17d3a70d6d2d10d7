// Reads the event file in a directory with npm's tfrecord (framing and checksums) and protobufjs (messages, by the field
// numbers of TensorBoard's own .proto files), and compares it with what the program that wrote it says is in it:
// node read_events.js DIRECTORY EXPECTED.json
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const protobuf = require('protobufjs');
const tfrecord = require('tfrecord');

const root = protobuf.parse(`
  syntax = "proto3";
  package tensorboard;
  import "google/protobuf/struct.proto";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; SessionLog session_log = 7; }
  }
  message SessionLog { int32 status = 1; }
  message PluginData { string plugin_name = 1; bytes content = 2; }
  message SummaryMetadata { PluginData plugin_data = 1; string display_name = 2; }
  message HistogramProto {
    double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6 [packed = true]; repeated double bucket = 7 [packed = true];
  }
  message Value {
    string tag = 1; SummaryMetadata metadata = 9;
    oneof value { float simple_value = 2; HistogramProto histo = 5; }
  }
  message Summary { repeated Value value = 1; }
  message SessionStartInfo { map<string, google.protobuf.Value> hparams = 1; double start_time_secs = 5; }
  message SessionEndInfo { int32 status = 1; double end_time_secs = 2; }
  message HParamsPluginData {
    int32 version = 1;
    oneof data { SessionStartInfo session_start_info = 3; SessionEndInfo session_end_info = 4; }
  }`, new protobuf.Root().addJSON(protobuf.common.get('google/protobuf/struct.proto').nested),
  { keepCase: true }).root;
const Event = root.lookupType('tensorboard.Event');
const PluginContent = root.lookupType('tensorboard.HParamsPluginData');
const options = { longs: Number, oneofs: true };

async function eventsOf(file) {
  const reader = await tfrecord.RecordReader.create(file);
  const events = [];
  for (let record; (record = await reader.readRecord()) !== null;) {
    events.push(Event.toObject(Event.decode(record), options));
  }
  return events;
}

function checkHistogram(found, weights) {
  assert.strictEqual(found.num, weights.length);
  assert.strictEqual(found.min, Math.min(...weights));
  assert.strictEqual(found.max, Math.max(...weights));
  assert.ok(Math.abs(found.sum - weights.reduce((a, b) => a + b)) < 1e-6);
  assert.strictEqual(found.bucket.reduce((a, b) => a + b), weights.length);
  assert.strictEqual(found.bucket.length, found.bucket_limit.length);
}

async function main(directory, expected) {
  const files = fs.readdirSync(directory);
  assert.strictEqual(files.length, 1);
  const events = await eventsOf(path.join(directory, files[0]));
  assert.strictEqual(events[0].file_version, 'brain.Event:2');
  const scalars = {}, histograms = {}, plugin = {};
  for (const event of events.slice(1)) {
    assert.ok(Math.abs(event.wall_time - Date.now() / 1000) < 600);
    for (const value of event.summary ? event.summary.value : []) {
      if (value.value === 'simple_value') (scalars[value.tag] ??= [])[event.step || 0] = value.simple_value;
      if (value.value === 'histo') histograms[value.tag] = value.histo;
      if (value.metadata) {
        assert.strictEqual(value.metadata.plugin_data.plugin_name, 'hparams');
        plugin[value.tag] = PluginContent.toObject(PluginContent.decode(value.metadata.plugin_data.content), options);
      }
    }
  }
  assert.deepStrictEqual(Object.keys(scalars).sort(), Object.keys(expected.scalars).sort());
  for (const [tag, values] of Object.entries(expected.scalars)) {
    assert.deepStrictEqual(scalars[tag], values.map(Math.fround), tag);
  }
  assert.deepStrictEqual(Object.keys(histograms), Object.keys(expected.histograms));
  for (const [tag, weights] of Object.entries(expected.histograms)) checkHistogram(histograms[tag], weights);
  const found = {};
  const start = plugin['_hparams_/session_start_info'].session_start_info;
  for (const [name, value] of Object.entries(start.hparams)) found[name] = value[value.kind];
  assert.deepStrictEqual(found, expected.hyperparameters);
  assert.strictEqual(plugin['_hparams_/session_end_info'].session_end_info.status, 1);
  console.log(`${events.length} events are as they were written: ${Object.keys(scalars).join(', ')}; ` +
              Object.keys(histograms).join(', '));
}

main(process.argv[2], JSON.parse(fs.readFileSync(process.argv[3]))).catch(error => {
  console.error(error);
  process.exit(1);
});
