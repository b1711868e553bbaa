// A charge point of npm ocpp-rpc in strict mode: each message either way is checked against the
// schemas of OCPP 1.6. Run by tests/prove/ocpp.py: URL, identity and password are its arguments;
// it writes a line of JSON for each profile, each change of what it offers, and each violation.
// Times are seconds of the monotonic clock, as Python's time.monotonic() on the same machine.
'use strict';

const { RPCClient } = require('ocpp-rpc');

const [endpoint, identity, password] = process.argv.slice(2);
const VOLT = 230;
const MOST_A = 16;
const profiles = new Map();
const configuration = {
  ChargeProfileMaxStackLevel: '3',
  ChargingScheduleAllowedChargingRateUnit: 'Current',
  MeterValueSampleInterval: '60',
  MeterValuesSampledData: 'Energy.Active.Import.Register',
  NumberOfConnectors: '1',
};
let transaction = null;
let status = 'Preparing';
let registerWh = 500000;
let offeredA = null;

const monotonic = () => Number(process.hrtime.bigint()) / 1e9;
const tell = (what) => process.stdout.write(`${JSON.stringify({ at: monotonic(), ...what })}\n`);
const now = () => new Date().toISOString();

// A that one profile allows now by this clock; null when it does not hold now.
function limit(profile) {
  const schedule = profile.chargingSchedule;
  const absolute = profile.chargingProfileKind === 'Absolute' && schedule.startSchedule;
  const passedS = (Date.now() - (absolute ? new Date(schedule.startSchedule).getTime() : transaction?.since ?? Date.now())) / 1000;
  if (passedS < 0 || passedS >= (schedule.duration ?? Infinity)) return null;
  const periods = schedule.chargingSchedulePeriod.filter((each) => each.startPeriod <= passedS);
  return periods.length ? periods[periods.length - 1].limit : null;
}

// The profile of the transaction comes before the default, a high stack level before a low one.
function allowedA() {
  const rank = (each) => (each.chargingProfilePurpose === 'TxProfile' ? 100 : 0) + each.stackLevel;
  const held = [...profiles.values()].sort((one, two) => rank(two) - rank(one));
  const found = held.map(limit).find((each) => each !== null);
  return found === undefined ? MOST_A : Math.min(found, MOST_A);
}

function draws() {
  const amps = allowedA();
  return transaction && amps >= 6 ? amps : 0;
}

function meterValues() {
  const amps = draws();
  const sampledValue = [
    { value: registerWh.toFixed(0), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    { value: (3 * amps * VOLT).toFixed(1), measurand: 'Power.Active.Import', unit: 'W' },
    ...['L1', 'L2', 'L3'].map((phase) => ({ value: amps.toFixed(1), measurand: 'Current.Import', phase, unit: 'A' })),
  ];
  return { connectorId: 1, ...(transaction && { transactionId: transaction.id }), meterValue: [{ timestamp: now(), sampledValue }] };
}

async function main() {
  const client = new RPCClient({ endpoint, identity, password, protocols: ['ocpp1.6'], strictMode: true });
  client.on('strictValidationFailure', ({ error }) => tell({ violation: String(error?.message || error), details: error?.details }));
  const say = (action, payload) => client.call(action, payload).catch((error) => tell({ violation: `${action}: ${error.message}` }));
  const saysStatus = () => say('StatusNotification', { connectorId: 1, errorCode: 'NoError', status, timestamp: now() });

  client.handle('SetChargingProfile', ({ params }) => {
    const { csChargingProfiles: profile } = params;
    const { chargingProfilePurpose: purpose, chargingSchedule: schedule } = profile;
    tell({ told: schedule.chargingSchedulePeriod[0].limit, purpose });
    if (purpose === 'TxProfile' && profile.transactionId !== transaction?.id) return { status: 'Rejected' };
    profiles.set(`${purpose} ${profile.stackLevel}`, profile);
    return { status: 'Accepted' };
  });
  client.handle('GetConfiguration', () => ({
    configurationKey: Object.entries(configuration).map(([key, value]) => ({ key, readonly: false, value })),
  }));
  client.handle('ChangeConfiguration', ({ params }) => {
    if (!(params.key in configuration)) return { status: 'NotSupported' };
    configuration[params.key] = params.value;
    return { status: 'Accepted' };
  });
  client.handle('TriggerMessage', ({ params }) => {
    setImmediate(() => (params.requestedMessage === 'MeterValues' ? say('MeterValues', meterValues()) : saysStatus()));
    return { status: 'Accepted' };
  });

  client.on('open', async () => {
    await say('BootNotification', { chargePointVendor: 'ocpp-rpc', chargePointModel: 'strict', firmwareVersion: '2.2.1' });
    await saysStatus();
    if (transaction) return;
    const started = await say('StartTransaction', { connectorId: 1, idTag: 'card', meterStart: Math.round(registerWh), timestamp: now() });
    transaction = { id: started.transactionId, since: Date.now() };
  });
  await client.connect();

  setInterval(() => {
    const amps = allowedA();
    registerWh += (3 * draws() * VOLT * 0.25) / 3600;
    if (amps !== offeredA) tell({ offers: (offeredA = amps) });
    const stands = !transaction ? 'Preparing' : draws() ? 'Charging' : 'SuspendedEVSE';
    if (stands !== status) {
      status = stands;
      saysStatus();
    }
  }, 250);
  setInterval(() => say('MeterValues', meterValues()), 10000);
}

main().catch((error) => {
  tell({ violation: `ends: ${error.message}` });
  process.exit(1);
});
