#include "proc/js_prelude.h"

namespace proc {

const JsProgram& js_prelude() {
  static const JsProgram program(R"js((function (native) {
'use strict';
const errors = new WeakSet();
const isArray = Array.isArray, sortedKeys = (o) => Object.keys(o).sort();
const jsonText = JSON.stringify, text = String, hasOwn = Object.hasOwn;

function raise(api, code, state, message) {
  const error = new Error(message);
  error.code = code;
  error.state = state;
  error.stackTraceTxt = native.trace(error.stack, api);
  errors.add(error);
  throw error;
}

class SfDate extends Date {
  constructor(...given) {
    if (given.length === 1 && given[0] instanceof SfDate) {
      super(given[0].getTime());
      this.keep(given[0].seconds_, given[0].nanoseconds_, given[0].scale_, given[0].timezone_);
    } else {
      super(...given);
      const ms = this.getTime(), seconds = Math.floor(ms / 1000);
      this.keep(seconds, (ms - seconds * 1000) * 1000000, 9, 'UTC');
    }
  }
  keep(seconds, nanoseconds, scale, timezone) {
    for (const [name, value] of [['seconds_', seconds], ['nanoseconds_', nanoseconds], ['scale_', scale], ['timezone_', timezone]])
      Object.defineProperty(this, name, {value, writable: true, enumerable: false, configurable: true});
    return this;
  }
  getEpochSeconds() { return this.seconds_; }
  getNanoSeconds() { return this.nanoseconds_; }
  getScale() { return this.scale_; }
  getTimezone() { return this.timezone_; }
}

function place(api, columns, key) {
  if (typeof key === 'number' && key >= 1 && key <= columns.length && Number.isInteger(key)) return key - 1;
  if (typeof key === 'string') {
    const found = columns.findIndex((column) => column.name === key);
    if (found >= 0) return found;
  }
  raise(api, 100183, 'P0000', 'Given column name/index does not exist: ' + text(key));
}

// Methods that Statement and ResultSet share; `outcome` fails by itself before execute().
function addColumns(type, name) {
  const methods = {
    getColumnCount() { return this.outcome('getColumnCount').columns.length; },
    getColumnSqlType(key) { return this.column('getColumnSqlType', key).type; },
    getRowCount() { return this.outcome('getRowCount').rowCount; },
    getNumRowsAffected() { return this.outcome('getNumRowsAffected').affected; },
    getQueryId() { return this.outcome('getQueryId').queryId; },
    column(api, key) {
      const columns = this.outcome(api).columns;
      return columns[place(name + '.' + api, columns, key)];
    },
  };
  for (const key of Object.keys(methods))
    Object.defineProperty(type.prototype, key, {value: methods[key], writable: true, configurable: true});
}

class ResultSet {
  #outcome; #row = -1;
  constructor(outcome) {
    this.#outcome = outcome;
    outcome.columns.forEach((column, at) => {
      if (column.name in this) return;
      Object.defineProperty(this, column.name, {enumerable: true, configurable: true, get: () => this.#read('getColumnValue', at + 1, false)});
    });
  }
  outcome() { return this.#outcome; }
  next() {
    if (this.#row + 1 >= this.#outcome.rowCount) {
      this.#row = this.#outcome.rowCount;
      return false;
    }
    ++this.#row;
    return true;
  }
  #read(api, key, asText) {
    const at = place('ResultSet.' + api, this.#outcome.columns, key);
    if (this.#row < 0 || this.#row >= this.#outcome.rowCount)
      raise('ResultSet.' + api, 100183, 'P0000', 'ResultSet is empty or not prepared. Call next() first');
    if (asText) return native.text(this.#outcome.id, this.#row, at);
    const value = native.value(this.#outcome.id, this.#row, at);
    if (!isArray(value) || !value.sfDate) return value;
    return new SfDate(value[0] * 1000 + Math.floor(value[1] / 1000000)).keep(value[0], value[1], value[2], value[3]);
  }
  getColumnValue(key) { return this.#read('getColumnValue', key, false); }
  getColumnValueAsString(key) { return this.#read('getColumnValueAsString', key, true); }
}
addColumns(ResultSet, 'ResultSet');

function bound(api, value, number) {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (value instanceof SfDate) return [value.getEpochSeconds(), value.getNanoSeconds()];
  raise(api, 100183, 'P0000', 'Unsupported type for binding argument ' + number + text(value));
}

class Statement {
  #sql; #binds; #outcome = null;
  constructor(api, sql, binds) {
    this.#sql = sql;
    this.#binds = binds;
  }
  execute() { return this.run('Statement.execute'); }
  run(api) {
    const answer = native.execute(this.#sql, this.#binds);
    if (answer.failed) raise(api, answer.code, answer.state, answer.message);
    this.#outcome = answer;
    return new ResultSet(answer);
  }
  outcome(api) {
    if (this.#outcome === null) raise('Statement.' + api, 100183, 'P0000', 'Statement is not executed yet.');
    return this.#outcome;
  }
  getSqlText() { return this.#sql; }
  getColumnName(key) { return this.column('getColumnName', key).name; }
  getColumnScale(key) { return this.column('getColumnScale', key).scale; }
  getColumnType(key) { return this.column('getColumnType', key).type; }
  isColumnNullable(key) { return this.column('isColumnNullable', key).nullable; }
  getNumRowsInserted() { return this.outcome('getNumRowsInserted').inserted; }
  getNumRowsUpdated() { return this.outcome('getNumRowsUpdated').updated; }
  getNumRowsDeleted() { return this.outcome('getNumRowsDeleted').deleted; }
  getNumDuplicateRowsUpdated() { return this.outcome('getNumDuplicateRowsUpdated').duplicates; }
}
addColumns(Statement, 'Statement');
for (const [name, types] of [['Text', ['VARCHAR']], ['Number', ['NUMBER', 'FLOAT']], ['Boolean', ['BOOLEAN']], ['Date', ['DATE']],
                             ['Time', ['TIME']], ['Timestamp', ['TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ']], ['Array', ['ARRAY']],
                             ['Object', ['OBJECT']], ['Variant', ['VARIANT']], ['Binary', ['BINARY']]]) {
  const method = 'isColumn' + name;
  Object.defineProperty(Statement.prototype, method, {value: function (key) { return types.includes(this.column(method, key).type); }});
}

function create(api, options) {
  if (options === null || typeof options !== 'object' || typeof options.sqlText !== 'string' || options.sqlText.trim() === '')
    raise(api, 100183, 'P0000', 'Missing sqlText: an object with a non-empty string sqlText is needed');
  let binds = [];
  if (options.binds !== undefined && options.binds !== null) {
    if (!isArray(options.binds)) raise(api, 100183, 'P0000', 'Invalid binds argument: an array is needed');
    binds = options.binds.map((value, at) => bound(api, value, at + 1));
  }
  return new Statement(api, options.sqlText, binds);
}

const snowflake = {log() {}, addEvent() {}, setSpanAttribute() {}};
if (native.execute) {
  snowflake.createStatement = (options) => create('Snowflake.createStatement', options);
  snowflake.execute = (options) => create('Snowflake.execute', options).run('Snowflake.execute');
}

function stringify(value) {
  if (value !== null && typeof value === 'object' && typeof value.toJSON === 'function') value = value.toJSON();
  if (value === null || typeof value !== 'object') return jsonText(value);
  if (isArray(value)) {
    const items = [];
    for (let i = 0; i < value.length; ++i) items.push(stringify(value[i]) ?? 'null');
    return '[' + items.join(',') + ']';
  }
  const fields = [];
  for (const key of sortedKeys(value)) {
    const field = stringify(value[key]);
    if (field !== undefined) fields.push(jsonText(key) + ':' + field);
  }
  return '{' + fields.join(',') + '}';
}

return {snowflake, stringify: (value) => stringify(value), SfDate, isSqlError: (error) => errors.has(error)};
}))js",
                                 "snowflake");
  return program;
}

}  // namespace proc
