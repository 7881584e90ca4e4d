// Every struct lists its fields once, in `fields`; writing and reading are the two visitors below.
#include <boost/json.hpp>
#include <type_traits>

#include "base/assert.h"
#include "catalog/record.h"

namespace catalog {
namespace {

namespace json = boost::json;

template <class V>
void fields(V& v, LogicalType& x) {
  v("kind", x.kind), v("p", x.precision), v("s", x.scale), v("len", x.length);
}
template <class V>
void fields(V& v, Column& x) {
  v("id", x.id), v("name", x.name), v("type", x.type), v("nullable", x.nullable), v("wide", x.wide),
      v("default", x.default_text);
  v("identity_start", x.identity_start), v("identity_step", x.identity_step),
      v("identity_sequence", x.identity_sequence), v("comment", x.comment);
}
template <class V>
void fields(V& v, Segment& x) {
  v("id", x.id), v("ended_by", x.ended_by);
}
template <class V>
void fields(V& v, Constraint& x) {
  v("kind", x.kind), v("name", x.name), v("columns", x.columns);
}
template <class V>
void fields(V& v, TableBody& x) {
  v("kind", x.kind), v("columns", x.columns), v("segments", x.segments), v("next_column", x.next_column),
      v("row_space", x.row_space);
  v("tracked_since", x.tracked_since), v("retention_days", x.retention_days), v("extension_days", x.extension_days);
  v("constraints", x.constraints), v("cluster_by", x.cluster_by), v("session", x.session);
}
template <class V>
void fields(V& v, ViewBody& x) {
  v("query", x.query_text), v("definition", x.definition_text), v("columns", x.column_names), v("secure", x.secure);
}
template <class V>
void fields(V& v, SequenceBody& x) {
  v("start", x.start), v("step", x.step), v("next", x.next), v("ordered", x.ordered);
}
template <class V>
void fields(V& v, StageBody& x) {
  v("url", x.url), v("integration", x.integration), v("has_credentials", x.has_credentials), v("format", x.format);
  v("endpoint", x.endpoint), v("key_id", x.key_id), v("sealed_credentials", x.sealed_credentials);
  v("format_options", x.format_options), v("copy_options", x.copy_options), v("directory", x.directory),
      v("temporary", x.temporary), v("session", x.session);
}
template <class V>
void fields(V& v, FileFormatBody& x) {
  v("type", x.type), v("options", x.options), v("temporary", x.temporary), v("session", x.session);
}
template <class V>
void fields(V& v, PipeBody& x) {
  v("definition", x.definition_text), v("auto_ingest", x.auto_ingest), v("paused", x.paused), v("table", x.table),
      v("stage", x.stage);
  v("format", x.format), v("pattern", x.pattern), v("stop_reason", x.stop_reason), v("table_name", x.table_name);
}
template <class V>
void fields(V& v, StreamBody& x) {
  v("source", x.source), v("on_view", x.on_view), v("base_tables", x.base_tables), v("mode", x.mode),
      v("offset", x.offset);
  v("initial_rows", x.initial_rows), v("consumed_at", x.consumed_at), v("source_name", x.source_name);
}
template <class V>
void fields(V& v, TaskBody& x) {
  v("warehouse", x.warehouse), v("schedule", x.schedule), v("condition", x.condition), v("definition", x.definition);
  v("predecessors", x.predecessors), v("finalize", x.finalize), v("parameters", x.parameters), v("options", x.options),
      v("started", x.started);
  v("graph_version", x.graph_version), v("uuid", x.uuid), v("schedule_base", x.schedule_base),
      v("last_committed", x.last_committed);
  v("last_suspended", x.last_suspended), v("last_suspended_reason", x.last_suspended_reason),
      v("consecutive_failures", x.consecutive_failures);
}
template <class V>
void fields(V& v, Argument& x) {
  v("name", x.name), v("type", x.type), v("default", x.default_text);
}
template <class V>
void fields(V& v, ProcedureBody& x) {
  v("arguments", x.arguments), v("returns", x.returns), v("returns_table", x.returns_table), v("not_null", x.not_null),
      v("language", x.language);
  v("strict", x.strict), v("caller_rights", x.caller_rights), v("body", x.body), v("is_function", x.is_function);
}
template <class V>
void fields(V& v, PlainBody& x) {
  v("properties", x.properties);
}
template <class V>
void fields(V& v, Record& x) {
  v("id", x.id), v("kind", x.kind), v("container", x.container), v("name", x.name), v("owner", x.owner),
      v("comment", x.comment);
  v("created", x.created), v("dropped", x.dropped), v("body", x.body);
}

struct Writer {
  json::object out;
  template <class T>
  void operator()(const char* name, T& field) {
    out[name] = write(field);
  }

  template <class T>
  static json::value write(T& x) {
    if constexpr (std::is_enum_v<T>)
      return static_cast<std::int64_t>(x);
    else if constexpr (std::is_same_v<T, bool>)
      return json::value(x);
    else if constexpr (std::is_integral_v<T>)
      return json::value(x);
    else if constexpr (std::is_same_v<T, std::string>)
      return json::value(json::string(x));
    else
      return write_struct(x);
  }
  template <class Tag>
  static json::value write(base::Id<Tag>& x) {
    return json::value(x.value);
  }
  static json::value write(base::Instant& x) { return json::value(x.ns); }
  template <class T>
  static json::value write(std::optional<T>& x) {
    return x ? write(*x) : json::value(nullptr);
  }
  template <class A, class B>
  static json::value write(std::pair<A, B>& x) {
    return json::array{write(x.first), write(x.second)};
  }
  template <class T>
  static json::value write(std::vector<T>& x) {
    json::array array;
    for (T& element : x) array.push_back(write(element));
    return array;
  }
  static json::value write(Body& x) {
    json::value body = std::visit([](auto& alternative) { return write_struct(alternative); }, x);
    return json::array{static_cast<std::int64_t>(x.index()), std::move(body)};
  }
  template <class T>
  static json::value write_struct(T& x) {
    Writer writer;
    fields(writer, x);
    return std::move(writer.out);
  }
};

struct Reader {
  const json::object& in;
  template <class T>
  void operator()(const char* name, T& field) {
    // A field that an older version did not write keeps its default.
    if (const json::value* found = in.if_contains(name)) read(*found, field);
  }
  template <class T>
  static void read(const json::value& from, T& x) {
    if constexpr (std::is_enum_v<T>)
      x = static_cast<T>(from.as_int64());
    else if constexpr (std::is_same_v<T, bool>)
      x = from.as_bool();
    else if constexpr (std::is_integral_v<T>)
      x = from.to_number<T>();
    else if constexpr (std::is_same_v<T, std::string>)
      x = std::string(std::string_view(from.as_string()));
    else {
      Reader reader{from.as_object()};
      fields(reader, x);
    }
  }
  template <class Tag>
  static void read(const json::value& from, base::Id<Tag>& x) {
    x.value = from.to_number<std::uint64_t>();
  }
  static void read(const json::value& from, base::Instant& x) { x.ns = from.to_number<std::int64_t>(); }
  template <class T>
  static void read(const json::value& from, std::optional<T>& x) {
    if (from.is_null()) return;
    read(from, x.emplace());
  }
  template <class A, class B>
  static void read(const json::value& from, std::pair<A, B>& x) {
    read(from.as_array().at(0), x.first);
    read(from.as_array().at(1), x.second);
  }
  template <class T>
  static void read(const json::value& from, std::vector<T>& x) {
    for (const json::value& element : from.as_array()) read(element, x.emplace_back());
  }
  template <std::size_t I = 0>
  static void read_body(std::size_t index, const json::value& from, Body& x) {
    if constexpr (I < std::variant_size_v<Body::variant>) {
      if (index == I)
        read(from, x.emplace<I>());
      else
        read_body<I + 1>(index, from, x);
    } else {
      ASSERT(index < std::variant_size_v<Body::variant>);
    }
  }
  static void read(const json::value& from, Body& x) {
    read_body(from.as_array().at(0).to_number<std::size_t>(), from.as_array().at(1), x);
  }
};

}  // namespace

std::string to_stored(const Record& record) {
  Record copy = record;
  return json::serialize(Writer::write(copy));
}

Record from_stored(std::string_view text) {
  Record record;
  const json::value stored = json::parse(json::string_view(text.data(), text.size()));
  Reader::read(stored, record);
  return record;
}

}  // namespace catalog
