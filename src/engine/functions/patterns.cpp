// Functions that are one pattern in the engine's SQL.
#include "engine/functions/registry.h"

namespace engine::functions {

std::vector<Pattern> patterns() {
  return {
      // Texts
      {"UPPER", "t", "upper({0})", 't'}, {"LOWER", "t", "lower({0})", 't'}, {"LENGTH", "t", "length({0})", 'i'}, {"LEN", "t", "length({0})", 'i'},
      {"CHAR_LENGTH", "t", "length({0})", 'i'}, {"OCTET_LENGTH", "t", "strlen({0})", 'i'}, {"BIT_LENGTH", "t", "(strlen({0}) * 8)", 'i'},
      {"REVERSE", "t", "reverse({0})", 't'}, {"REPEAT", "ti", "repeat({0}, {1})", 't'}, {"SPACE", "i", "repeat(' ', {0})", 't'},
      {"LEFT", "ti", "left({0}, greatest({1}, 0))", 't'}, {"RIGHT", "ti", "right({0}, greatest({1}, 0))", 't'},
      {"CONTAINS", "tt", "contains({0}, {1})", 'b'}, {"STARTSWITH", "tt", "starts_with({0}, {1})", 'b'}, {"ENDSWITH", "tt", "ends_with({0}, {1})", 'b'},
      {"REPLACE", "tt", "replace({0}, {1}, '')", 't'}, {"REPLACE", "ttt", "replace({0}, {1}, {2})", 't'}, {"TRANSLATE", "ttt", "translate({0}, {1}, {2})", 't'},
      {"TRIM", "t", "trim({0}, ' ')", 't'}, {"TRIM", "tt", "trim({0}, {1})", 't'}, {"LTRIM", "t", "ltrim({0}, ' ')", 't'}, {"LTRIM", "tt", "ltrim({0}, {1})", 't'},
      {"RTRIM", "t", "rtrim({0}, ' ')", 't'}, {"RTRIM", "tt", "rtrim({0}, {1})", 't'},
      {"LPAD", "ti", "fr_pad({0}, {1}, ' ', TRUE)", 't'}, {"LPAD", "tit", "fr_pad({0}, {1}, {2}, TRUE)", 't'},
      {"RPAD", "ti", "fr_pad({0}, {1}, ' ', FALSE)", 't'}, {"RPAD", "tit", "fr_pad({0}, {1}, {2}, FALSE)", 't'},
      {"SUBSTR", "ti", "fr_substr({0}, {1}, CAST(9223372036854775807 AS BIGINT))", 't'}, {"SUBSTR", "tii", "fr_substr({0}, {1}, {2})", 't'},
      {"SUBSTRING", "ti", "fr_substr({0}, {1}, CAST(9223372036854775807 AS BIGINT))", 't'}, {"SUBSTRING", "tii", "fr_substr({0}, {1}, {2})", 't'},
      {"POSITION", "tt", "position({0} IN {1})", 'i'}, {"CHARINDEX", "tt", "position({0} IN {1})", 'i'},
      {"POSITION", "tti", "fr_position({0}, {1}, {2})", 'i'}, {"CHARINDEX", "tti", "fr_position({0}, {1}, {2})", 'i'},
      {"SPLIT_PART", "tti", "fr_split_part({0}, {1}, {2})", 't'}, {"STRTOK", "t", "fr_strtok({0}, ' ', CAST(1 AS BIGINT))", 't'},
      {"STRTOK", "tt", "fr_strtok({0}, {1}, CAST(1 AS BIGINT))", 't'}, {"STRTOK", "tti", "fr_strtok({0}, {1}, {2})", 't'},
      {"INITCAP", "t", "fr_initcap({0}, CAST(NULL AS VARCHAR))", 't'}, {"INITCAP", "tt", "fr_initcap({0}, {1})", 't'},
      {"INSERT", "tiit", "(left({0}, {1} - 1) || {3} || substr({0}, {1} + {2}))", 't'},
      {"ASCII", "t", "(CASE WHEN {0} = '' THEN 0 ELSE ascii({0}) END)", 'i'}, {"UNICODE", "t", "(CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END)", 'i'},
      {"CHR", "i", "fr_chr({0})", 't'}, {"CHAR", "i", "fr_chr({0})", 't'},
      {"EDITDISTANCE", "tt", "levenshtein({0}, {1})", 'i'}, {"JAROWINKLER_SIMILARITY", "tt", "CAST(round(jaro_winkler_similarity(upper({0}), upper({1})) * 100) AS BIGINT)", 'i'},
      {"MD5", "t", "md5({0})", 't'}, {"MD5_HEX", "t", "md5({0})", 't'}, {"SHA1", "t", "sha1({0})", 't'}, {"SHA1_HEX", "t", "sha1({0})", 't'},
      {"BASE64_ENCODE", "t", "to_base64(encode({0}))", 't'},
      {"BASE64_DECODE_STRING", "t", "decode(from_base64({0}))", 't'}, {"HEX_ENCODE", "t", "hex({0})", 't'}, {"HEX_DECODE_STRING", "t", "decode(from_hex({0}))", 't'},
      {"TO_HEX", "t", "hex({0})", 't'},
      {"LIKE", "tt", "({0} LIKE {1})", 'b'}, {"ILIKE", "tt", "({0} ILIKE {1})", 'b'},
      {"UUID_STRING", "", "CAST(uuid() AS VARCHAR)", 't'},
      // Numbers
      {"ABS", "n", "abs({0})", 'n'}, {"SIGN", "n", "sign({0})", 'i'}, {"SQRT", "f", "sqrt({0})", 'f'}, {"CBRT", "f", "cbrt({0})", 'f'}, {"EXP", "f", "exp({0})", 'f'},
      {"LN", "f", "ln({0})", 'f'}, {"LOG", "ff", "(ln({1}) / ln({0}))", 'f'}, {"POWER", "ff", "pow({0}, {1})", 'f'}, {"POW", "ff", "pow({0}, {1})", 'f'},
      {"SQUARE", "f", "({0} * {0})", 'f'}, {"SIN", "f", "sin({0})", 'f'}, {"COS", "f", "cos({0})", 'f'}, {"TAN", "f", "tan({0})", 'f'}, {"COT", "f", "cot({0})", 'f'},
      {"ASIN", "f", "asin({0})", 'f'}, {"ACOS", "f", "acos({0})", 'f'}, {"ATAN", "f", "atan({0})", 'f'}, {"ATAN2", "ff", "atan2({0}, {1})", 'f'},
      {"SINH", "f", "sinh({0})", 'f'}, {"COSH", "f", "cosh({0})", 'f'}, {"TANH", "f", "tanh({0})", 'f'}, {"DEGREES", "f", "degrees({0})", 'f'}, {"RADIANS", "f", "radians({0})", 'f'},
      {"PI", "", "pi()", 'f'}, {"FACTORIAL", "i", "factorial(CAST({0} AS INTEGER))", 'i'}, {"BITAND", "ii", "({0} & {1})", 'i'}, {"BITOR", "ii", "({0} | {1})", 'i'},
      {"BITXOR", "ii", "xor({0}, {1})", 'i'}, {"BITNOT", "i", "(~ {0})", 'i'}, {"BITSHIFTLEFT", "ii", "({0} << {1})", 'i'}, {"BITSHIFTRIGHT", "ii", "({0} >> {1})", 'i'},
      {"HAVERSINE", "ffff", "(2 * 6371 * asin(sqrt(pow(sin(radians({2} - {0}) / 2), 2) + cos(radians({0})) * cos(radians({2})) * pow(sin(radians({3} - {1}) / 2), 2))))", 'f'},
      {"WIDTH_BUCKET", "fffi", "(CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 ELSE CAST(floor(({0} - {1}) / (({2} - {1}) / {3})) AS BIGINT) + 1 END)", 'i'},
      
      {"RANDSTR", "ii", "fr_randstr({0}, {1})", 't'},
      // Semi-structured
      {"GET_IGNORE_CASE", "vt", "fr_v_key_ignore_case({0}, {1})", 'v'},
      {"TRY_PARSE_JSON", "t", "fr_v_try_parse({0})", 'v'}, {"PARSE_JSON", "t", "fr_v_parse({0})", 'v'}, {"TYPEOF", "v", "fr_v_typeof({0})", 't'},
      {"IS_NULL_VALUE", "v", "(decode({0}) = 'null')", 'b'}, {"STRIP_NULL_VALUE", "v", "(CASE WHEN decode({0}) = 'null' THEN NULL ELSE {0} END)", 'v'},
      {"ARRAY_SIZE", "v", "fr_v_size({0})", 'i'}, {"GET_PATH", "vt", "fr_v_path({0}, {1})", 'v'}, {"TO_JSON", "v", "decode({0})", 't'},
      {"ARRAY_TO_STRING", "vt", "fr_v_join({0}, {1})", 't'},
  };
}

}  // namespace engine::functions
