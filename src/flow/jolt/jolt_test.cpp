#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>

#include "flow/jolt/foreign.h"
#include "flow/jolt/transform.h"
#include "flow/json_text.h"

namespace flow::jolt {
namespace {

std::string apply(std::string_view operation, std::string_view spec, std::string_view input) {
  const auto parsed = parse_spec(spec);
  if (!parsed) return "spec: " + parsed.error().message;
  const auto transform = operation == "chain" ? compile_chain(*parsed) : compile(operation, *parsed);
  if (!transform) return "spec: " + transform.error().message;
  const auto output = (*transform)->apply(parse_json(input).value());
  return output ? json_text(without_longs(*output)) : "input: " + output.error().message;
}

struct Case {
  std::string_view operation, spec, input, output;
};
template <std::size_t size>
void expect(const std::array<Case, size>& cases) {
  for (const auto& c : cases) EXPECT_EQ(apply(c.operation, c.spec, c.input), c.output) << c.operation << ' ' << c.spec;
}

TEST(JoltTest, ShiftMovesAndNames) {
  expect(std::to_array<Case>({
      {"shift", R"j({"a":"x.y"})j", R"j({"a":1,"b":2})j", R"j({"x":{"y":1}})j"},
      {"shift", R"j({"a":{"b":"c"}})j", R"j({"a":{"b":[1,2]}})j", R"j({"c":[1,2]})j"},
      {"shift", R"j({"a":["x","y.z"]})j", R"j({"a":1})j", R"j({"x":1,"y":{"z":1}})j"},
      {"shift", R"j({"a":""})j", R"j({"a":{"b":1}})j", R"j({"b":1})j"},
      {"shift", R"j({"none":"x"})j", R"j({"a":1})j", R"j(null)j"},
      {"shift", R"j({"a":null,"*":"rest.&"})j", R"j({"a":1,"b":2,"c":3})j", R"j({"rest":{"b":2,"c":3}})j"},
      {"shift", R"j({"a|b":"x"})j", R"j({"a":1,"b":2})j", R"j({"x":[1,2]})j"},
      {"shift", R"j({"a":"x","b":"x","c":"x"})j", R"j({"a":1,"b":[2],"c":3})j", R"j({"x":[1,[2],3]})j"},
      {"shift", R"j({"a":"x","b":"x"})j", R"j({"a":null,"b":2})j", R"j({"x":2})j"},
      {"shift", R"j({"a.b":"x\\.y"})j", R"j({"a.b":1})j", R"j({"x.y":1})j"},
      {"shift", R"j({"\\@a":"at","\\$b":"dollar","\\*c":"star","\\#d":"hash","\\&e":"and"})j",
       R"j({"@a":1,"$b":2,"*c":3,"#d":4,"&e":5})j", R"j({"at":1,"dollar":2,"star":3,"hash":4,"and":5})j"},
  }));
}

TEST(JoltTest, ShiftByStarsAndReferences) {
  expect(std::to_array<Case>({
      {"shift", R"j({"*":{"*":"&.&1"}})j", R"j({"a":{"x":1},"b":{"x":2,"y":3}})j",
       R"j({"x":{"a":1,"b":2},"y":{"b":3}})j"},
      {"shift", R"j({"rating-*":"out.&(0,1)"})j", R"j({"rating-x":1,"rating-":2,"other":3})j", R"j({"out":{"x":1}})j"},
      {"shift", R"j({"tag-*-*":"&(0,1).&(0,2)"})j", R"j({"tag-a-b":1,"tag-a-c-d":2})j", R"j({"a":{"b":1,"c-d":2}})j"},
      {"shift", R"j({"*-*-*":"&(0,3)_&(0,1)"})j", R"j({"a-b-c":1})j", R"j({"c_a":1})j"},
      {"shift", R"j({"a*":"long.&","ab*":"longer.&","*":"any.&","abc":"exact"})j",
       R"j({"abc":1,"abd":2,"ac":3,"d":4})j", R"j({"exact":1,"longer":{"abd":2},"long":{"ac":3},"any":{"d":4}})j"},
      {"shift", R"j({"primary":"p","*":{"value":"s.&1.v","@":"copy[]"}})j",
       R"j({"primary":1,"x":{"value":2},"y":{"value":3}})j",
       R"j({"p":1,"copy":[{"value":2},{"value":3}],"s":{"x":{"v":2},"y":{"v":3}}})j"},
      {"shift", R"j({"*":{"$":"keys[]","$1":"roots[]"}})j", R"j({"a":1,"b":2})j",
       R"j({"keys":["a","b"],"roots":["root","root"]})j"},
      {"shift", R"j({"a-*":{"$(0,1)":"stars[]"}})j", R"j({"a-x":{},"a-y":{}})j", R"j({"stars":["x","y"]})j"},
      {"shift", R"j({"a":{"b":{"c":"&2.&1.&0.&"}}})j", R"j({"a":{"b":{"c":1}}})j", R"j({"a":{"b":{"c":{"c":1}}}})j"},
      {"shift", R"j({"x":{"a":{"&1":"found"}}})j", R"j({"x":{"a":{"a":1,"x":2}}})j", R"j({"found":2})j"},
      {"shift", R"j({"state":{"on":{"#yes":"active","@(2,name)":"who"},"off":{"#no":"active"}}})j",
       R"j({"state":"on","name":"n"})j", R"j({"active":"yes","who":"n"})j"},
      {"shift", R"j({"flag":{"true":{"#1":"f"},"false":{"#0":"f"}},"n":{"7":{"#seven":"n"}}})j",
       R"j({"flag":true,"n":7})j", R"j({"f":"1","n":"seven"})j"},
      {"shift", R"j({"*":{"k":"@(1,name).v"}})j",
       R"j({"a":{"name":"one","k":1},"b":{"name":"two","k":2},"c":{"k":3}})j", R"j({"one":{"v":1},"two":{"v":2}})j"},
      {"shift", R"j({"a":{"@(1,b.c)":"x"},"@d":"y"})j", R"j({"a":1,"b":{"c":2},"d":3})j", R"j({"y":3,"x":2})j"},
      {"shift", R"j({"*":"@type[]"})j", R"j([{"type":"a","n":1},{"type":"b"},{"type":"a"}])j",
       R"j({"a":[{"type":"a","n":1},{"type":"a"}],"b":[{"type":"b"}]})j"},
      {"shift", R"j({"@(0,list)":{"*":"&"}})j", R"j({"list":{"a":1}})j", R"j({"a":1})j"},
  }));
}

TEST(JoltTest, ShiftOfArrays) {
  expect(std::to_array<Case>({
      {"shift", R"j({"*":{"id":"[&1].key"}})j", R"j([{"id":1},{"id":2}])j", R"j([{"key":1},{"key":2}])j"},
      {"shift", R"j({"list":{"*":{"v":"out[&1]"}}})j", R"j({"list":[{"v":"a"},{},{"v":"c"}]})j",
       R"j({"out":["a",null,"c"]})j"},
      {"shift", R"j({"list":{"*":{"v":"out[#2]"}}})j", R"j({"list":[{"v":"a"},{},{"v":"c"}]})j",
       R"j({"out":["a",null,"c"]})j"},
      {"shift", R"j({"list":{"*":{"v":{"@1":"out[]"}}}})j", R"j({"list":[{"v":1},{"w":2}]})j",
       R"j({"out":[{"v":1}]})j"},
      {"shift", R"j({"a":"list[2]","b":"list[0].x"})j", R"j({"a":1,"b":2})j", R"j({"list":[{"x":2},null,1]})j"},
      {"shift", R"j({"list":{"1":"second","5":"none","*":"others[]"}})j", R"j({"list":["a","b","c"]})j",
       R"j({"others":["a","c"],"second":"b"})j"},
      {"shift", R"j({"*":{"*":"[&].&1"}})j", R"j({"x":[1,2],"y":[3,4]})j", R"j([{"x":1,"y":3},{"x":2,"y":4}])j"},
      {"shift", R"j({"list":{"*":{"v":"out[@(1,at)]"}}})j",
       R"j({"list":[{"at":1,"v":"a"},{"at":0,"v":"b"},{"at":"x","v":"c"}]})j", R"j({"out":["b","a"]})j"},
      {"shift", R"j({"a":"x[]","b":"x[]"})j", R"j({"a":[1],"b":2})j", R"j({"x":[[1],2]})j"},
      {"shift", R"j({"m":{"*":{"$":"l[#2].k","@":"l[#2].v"}}})j", R"j({"m":{"a":1,"b":2}})j",
       R"j({"l":[{"k":"a","v":1},{"k":"b","v":2}]})j"},
  }));
}

TEST(JoltTest, DefaultFillsWhatIsMissing) {
  expect(std::to_array<Case>({
      {"default", R"j({"a":1,"b":{"c":2}})j", R"j({"b":{"d":3}})j", R"j({"b":{"d":3,"c":2},"a":1})j"},
      {"default", R"j({"a":1})j", R"j({"a":null})j", R"j({"a":1})j"},
      {"default", R"j({"a":1})j", R"j({"a":0})j", R"j({"a":0})j"},
      {"default", R"j({"*":{"x":1}})j", R"j({"a":{},"b":{"x":2},"c":3})j", R"j({"a":{"x":1},"b":{"x":2},"c":3})j"},
      {"default", R"j({"a|b":{"x":1}})j", R"j({"a":{}})j", R"j({"a":{"x":1}})j"},
      {"default", R"j({"list[]":{"2":"c","0":"a"}})j", R"j({})j", R"j({"list":["a",null,"c"]})j"},
      {"default", R"j({"list[]":{"*":{"x":1}}})j", R"j({"list":[{},{"x":2}]})j", R"j({"list":[{"x":1},{"x":2}]})j"},
      {"default", R"j({"*":{"x":1}})j", R"j([{},{"x":2}])j", R"j([{"x":1},{"x":2}])j"},
      {"default", R"j({"a":{"x":1}})j", R"j([1])j", "input: default: the specification is not for an array"},
  }));
}

TEST(JoltTest, RemoveDeletes) {
  expect(std::to_array<Case>({
      {"remove", R"j({"a":"","b":{"c":""}})j", R"j({"a":1,"b":{"c":2,"d":3},"e":4})j", R"j({"b":{"d":3},"e":4})j"},
      {"remove", R"j({"a*":"","*-x-*":""})j", R"j({"a":1,"ab":2,"1-x-2":3,"-x-":4})j", R"j({"a":1,"-x-":4})j"},
      {"remove", R"j({"*":{"x":""}})j", R"j([{"x":1,"y":2},{"x":3}])j", R"j([{"y":2},{}])j"},
      {"remove", R"j({"list":{"0":"","2":""}})j", R"j({"list":["a","b","c","d"]})j", R"j({"list":["b","d"]})j"},
      {"remove", R"j({"list":{"*":""}})j", R"j({"list":[1,2]})j", R"j({"list":[]})j"},
      {"remove", R"j({"a|b":""})j", R"j({"a":1,"b":2,"c":3})j", R"j({"c":3})j"},
  }));
}

TEST(JoltTest, CardinalityAndSort) {
  expect(std::to_array<Case>({
      {"cardinality", R"j({"a":"ONE","b":"MANY"})j", R"j({"a":[1,2],"b":3})j", R"j({"a":1,"b":[3]})j"},
      {"cardinality", R"j({"a":"ONE","b":"MANY","c":"MANY"})j", R"j({"a":[],"b":null,"c":[1]})j",
       R"j({"a":null,"b":[],"c":[1]})j"},
      {"cardinality", R"j({"list":{"@":"MANY","*":{"x":"ONE"}}})j", R"j({"list":{"x":[1,2]}})j",
       R"j({"list":[{"x":1}]})j"},
      {"cardinality", R"j({"x-*":"MANY"})j", R"j({"x-1":1,"y":[2]})j", R"j({"y":[2],"x-1":[1]})j"},
      {"cardinality", R"j({"a":{"*":"ONE"}})j", R"j({"a":[[1]]})j",
       "input: cardinality: only the members of objects can be made one or many: '0'"},
      {"sort", R"j({})j", R"j({"b":1,"~c":2,"a":{"z":1,"y":[{"q":1,"p":2}]}})j",
       R"j({"~c":2,"a":{"y":[{"p":2,"q":1}],"z":1},"b":1})j"},
  }));
}

TEST(JoltTest, ModifyWritesByItsMode) {
  expect(std::to_array<Case>({
      {"modify-overwrite-beta", R"j({"a":1,"b":{"c":"x"}})j", R"j({"a":0})j", R"j({"a":1,"b":{"c":"x"}})j"},
      {"modify-default-beta", R"j({"a":1,"b":2,"c":3})j", R"j({"a":0,"b":null})j", R"j({"a":0,"b":2,"c":3})j"},
      {"modify-define-beta", R"j({"a":1,"b":2,"c":3})j", R"j({"a":0,"b":null})j", R"j({"a":0,"b":null,"c":3})j"},
      {"modify-overwrite-beta", R"j({"~a":1,"_b":2,"+c":3})j", R"j({"a":null,"b":null,"c":0})j",
       R"j({"a":1,"b":null,"c":3})j"},
      {"modify-overwrite-beta", R"j({"a?":1,"b?":{"c":2}})j", R"j({"a":0})j", R"j({"a":1})j"},
      {"modify-overwrite-beta", R"j({"list":["=notNull","@(1,other)","none"]})j", R"j({"list":null,"other":5})j",
       R"j({"list":5,"other":5})j"},
      {"modify-overwrite-beta", R"j({"a":{"[2]":"c","[0]":"a"}})j", R"j({})j", R"j({"a":["a",null,"c"]})j"},
      {"modify-default-beta", R"j({"a":{"[0]":"x","[1]":"y","*":"z"}})j", R"j({"a":["k"]})j", R"j({"a":["k","y"]})j"},
      {"modify-overwrite-beta", R"j({"*":{"n":"=toInteger"}})j", R"j([{"n":"1"},{"n":"2.7"},{"n":"x"}])j",
       R"j([{"n":1},{"n":2},{"n":"x"}])j"},
      {"modify-overwrite-beta", R"j({"full":"=concat(@(1,first),' ',@(1,last))"})j", R"j({"first":"A","last":"B"})j",
       R"j({"first":"A","last":"B","full":"A B"})j"},
      {"modify-overwrite-beta", R"j({"x":"^context"})j", R"j({"a":1})j", R"j({"a":1})j"},
      {"modify-overwrite-beta", R"j({"a":{"b":"c"}})j", R"j({"a":"text"})j", R"j({"a":"text"})j"},
  }));
}

TEST(JoltTest, FunctionsOfModify) {
  struct Call {
    std::string_view call, input, output;  // of x, where the input has a and b
  };
  for (const auto& c : std::to_array<Call>({
           {"=toUpper(@(1,a))", R"j({"a":"ab\u00e9"})j", R"j("AB\u00c9")j"},
           {"=toLower(@(1,a))", R"j({"a":["A",1]})j", R"j(["a",1])j"},
           {"=trim(@(1,a))", R"j({"a":" x "})j", R"j("x")j"},
           {"=concat(@(1,a),'-',@(1,b),true,2.0)", R"j({"a":"x","b":[1,{"k":"v"}]})j", R"j("x-[1, {k=v}]true2.0")j"},
           {"=join(',',@(1,a))", R"j({"a":["x","",null,"y"]})j", R"j("x,y")j"},
           {"=join(', ',@(1,a),@(1,b))", R"j({"a":1,"b":"y"})j", R"j("1, y")j"},
           {"=split(',',@(1,a))", R"j({"a":"x,y,,z,,"})j", R"j(["x","y","","z"])j"},
           {"=split('[.]',@(1,a))", R"j({"a":"1.2"})j", R"j(["1","2"])j"},
           {"=substring(@(1,a),1,3)", R"j({"a":"abcd"})j", R"j("bc")j"},
           {"=substring(@(1,a),1,9)", R"j({"a":"abcd"})j", ""},
           {"=leftPad(@(1,a),5,'0')", R"j({"a":"42"})j", R"j("00042")j"},
           {"=rightPad(@(1,a),4,'.')", R"j({"a":"42"})j", R"j("42..")j"},
           {"=min(@(1,a))", R"j({"a":[3,"1",2.5]})j", "1"},
           {"=max(1,@(1,a),@(1,b))", R"j({"a":"7","b":6.5})j", "7"},
           {"=max(@(1,a))", R"j({"a":[1,2.5]})j", "2.5"},
           {"=abs(@(1,a))", R"j({"a":[-1,"-2.5",3]})j", "[1,2.5,3]"},
           {"=avg(@(1,a))", R"j({"a":[1,"2",6]})j", "3.0"},
           {"=intSum(@(1,a),@(1,b))", R"j({"a":1.9,"b":"2"})j", "3"},
           {"=intSum(@(1,a))", R"j({"a":[2147483647,1]})j", "-2147483648"},
           {"=longSum(@(1,a))", R"j({"a":[2147483647,1]})j", "2147483648"},
           {"=doubleSum(@(1,a))", R"j({"a":[1,"2.5"]})j", "3.5"},
           {"=intSubtract(@(1,a),1)", R"j({"a":3})j", "2"},
           {"=intSubtract(@(1,a),1)", R"j({"a":"3"})j", ""},
           {"=doubleSubtract(@(1,a),0.5)", R"j({"a":3.0})j", "2.5"},
           {"=divide(@(1,a),@(1,b))", R"j({"a":1,"b":"4"})j", "0.25"},
           {"=divide(1,@(1,a))", R"j({"a":0})j", ""},
           {"=divideAndRound(2,@(1,a),3)", R"j({"a":2})j", "0.67"},
           {"=divideAndRound(0,@(1,a),2)", R"j({"a":5})j", "3.0"},
           {"=toInteger(@(1,a))", R"j({"a":["7","x",2.9,true]})j", R"j([7,"x",2,true])j"},
           {"=toDouble(@(1,a))", R"j({"a":"7"})j", "7.0"},
           {"=toLong(@(1,a))", R"j({"a":"12345678901"})j", "12345678901"},
           {"=toBoolean(@(1,a))", R"j({"a":["TRUE","no"]})j", R"j([true,"no"])j"},
           {"=toString(@(1,a))", R"j({"a":1.50})j", R"j("1.5")j"},
           {"=toString(@(1,a))", R"j({"a":{"k":[1]}})j", R"j("{k=[1]}")j"},
           {"=size(@(1,a))", R"j({"a":[1,2]})j", "2"},
           {"=size(@(1,a))", R"j({"a":"abc"})j", "3"},
           {"=size(@(1,a))", R"j({"a":{}})j", "0"},
           {"=squashNulls(@(1,a))", R"j({"a":[1,null,{"k":null}]})j", R"j([1,{"k":null}])j"},
           {"=recursivelySquashNulls(@(1,a))", R"j({"a":{"b":null,"c":[null,{"d":null}]}})j", R"j({"c":[{}]})j"},
           {"=squashDuplicates(@(1,a))", R"j({"a":[1,"1",1,{"k":1},{"k":1}]})j", R"j([1,"1",{"k":1}])j"},
           {"=noop", R"j({})j", ""},
           {"=isPresent(@(1,a))", R"j({"a":null})j", "null"},
           {"=isPresent(@(1,a))", R"j({})j", ""},
           {"=notNull(@(1,a))", R"j({"a":null})j", ""},
           {"=firstElement(@(1,a))", R"j({"a":[1,2]})j", "1"},
           {"=lastElement(@(1,a))", R"j({"a":[1,2]})j", "2"},
           {"=elementAt(1,@(1,a))", R"j({"a":["x","y"]})j", R"j("y")j"},
           {"=elementAt(5,@(1,a))", R"j({"a":["x","y"]})j", ""},
           {"=toList(@(1,a))", R"j({"a":1})j", "[1]"},
           {"=toList(1,'x',@(1,none))", R"j({})j", R"j([1,"x",null])j"},
           {"=sort(@(1,a))", R"j({"a":["b","a"]})j", R"j(["a","b"])j"},
           {"=sort(@(1,a))", R"j({"a":["b",1]})j", ""},
       })) {
    boost::json::object spec;
    spec["x"] = boost::json::value(c.call);
    auto input = parse_json(c.input).value();
    const auto output = without_longs(compile("modify-overwrite-beta", spec).value()->apply(input).value());
    const auto* x = output.get_object().if_contains("x");
    const auto expected = c.output.empty() ? std::string() : json_text(parse_json(c.output).value());
    EXPECT_EQ(x == nullptr ? std::string() : json_text(*x), expected) << c.call << ' ' << c.input;
  }
}

/// Java's Long is no Integer, however short it is.
TEST(JoltTest, FunctionsOfLongs) {
  const auto input = boost::json::object{{"long", java_long(3)},
                                         {"int", 3},
                                         {"decimal", marked({Foreign::Kind::Number, "1.50"}, "d")},
                                         {"day", marked({Foreign::Kind::Other, "2024-05-06"}, "19849")},
                                         {"list", boost::json::array{java_long(7), 5'000'000'000, java_long(-5)}}};
  struct Called {
    std::string_view call, expected;
    bool is_long = false;
  };
  for (const auto& c : std::to_array<Called>({
           {"=toLong(@(1,int))", "3", true},
           {"=toInteger(@(1,long))", "3"},
           {"=longSum(@(1,int),1)", "4", true},
           {"=intSum(@(1,long),1)", "4"},
           {"=longSubtract(@(1,long),@(1,long))", "0", true},
           {"=intSubtract(@(1,long),1)", ""},
           {"=abs(@(1,long))", "3", true},
           {"=max(@(1,long),2)", "3", true},
           {"=max(@(1,long),3)", "3"},
           {"=min(@(1,long),2)", "2"},
           {"=min(@(1,long))", "3", true},
           {"=sort(@(1,list))", "[-5,7,5000000000]"},
           {"=squashDuplicates(@(1,long),@(1,long),@(1,int))", "[3,3]"},
           {"=substring('abcdef',@(1,long),4)", ""},
           {"=concat(@(1,long),'/',@(1,decimal),'/',@(1,day))", R"("3/1.50/2024-05-06")"},
           {"=doubleSum(@(1,decimal),@(1,long))", "4.5"},
           {"=toUpper(@(1,day))", ""},
           {"=toDouble(@(1,day))", ""},
           {"=size(@(1,day))", ""},
       })) {
    const boost::json::object spec{{"x", boost::json::string(c.call)}};
    const auto output = compile("modify-overwrite-beta", spec).value()->apply(input).value();
    const auto* x = output.get_object().if_contains("x");
    EXPECT_EQ(x == nullptr ? "" : json_text(without_longs(*x)), c.expected) << c.call;
    EXPECT_EQ(x != nullptr && is_foreign_long(*x), c.is_long) << c.call;
  }
}

TEST(JoltTest, Chains) {
  expect(std::to_array<Case>({
      {"chain", R"j([{"operation":"shift","spec":{"a":"b"}}, /* then */ {"operation":"default","spec":{"c":1}} // all
                   ])j",
       R"j({"a":2})j", R"j({"b":2,"c":1})j"},
      {"chain", R"j([{"operation":"com.bazaarvoice.jolt.Shiftr","spec":{"a":"b"}},{"operation":"sort"}])j",
       R"j({"a":2})j", R"j({"b":2})j"},
      {"chain", R"j([{"operation":"org.example.Mine","spec":{}}])j", "{}",
       "spec: entry 0 of the chain: the operation is none of Jolt's own, and classes of Java cannot be run: "
       "org.example.Mine"},
      {"chain", R"j([{"spec":{}}])j", "{}", "spec: entry 0 of the chain has no operation"},
      {"chain", R"j({})j", "{}", "spec: a chain is a list of operations, one at least"},
  }));
}

TEST(JoltTest, SpecificationsThatSayNothingAreRefused) {
  for (const auto& [operation, spec] : std::vector<std::pair<std::string, std::string>>{
           {"shift", R"j({"a":{}})j"},
           {"shift", R"j({"a":1})j"},
           {"shift", R"j({"a":"x.*"})j"},
           {"shift", R"j({"a":"x.$"})j"},
           {"shift", R"j({"a":"@(1,b"})j"},
           {"shift", R"j({"a":"x[1][2"})j"},
           {"shift", R"j({"a&*":"x"})j"},
           {"shift", R"j({"@":{"a":"b"}})j"},
           {"shift", R"j({"a":"b","a|c":"d"})j"},
           {"shift", "[]"},
           {"default", R"j({"a*":1})j"},
           {"default", R"j({"a[]":{"x":1}})j"},
           {"remove", R"j({"a":"x"})j"},
           {"cardinality", R"j({"a":"TWO"})j"},
           {"cardinality", R"j({"a":{}})j"},
           {"modify-overwrite-beta", R"j({"&a":"x"})j"},
           {"modify-overwrite-beta", R"j({"a":{"[0]":1,"b":2}})j"},
           {"modify-overwrite-beta", R"j({"a":"@"})j"},
       })
    EXPECT_TRUE(apply(operation, spec, "{}").starts_with("spec: "))
        << operation << ' ' << spec << " gave " << apply(operation, spec, "{}");
}

}  // namespace
}  // namespace flow::jolt
