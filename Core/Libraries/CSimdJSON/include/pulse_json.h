// A C interface to simdjson's DOM parser: parse once, then walk the tape that simdjson describes in doc/tape.md.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pulse_json_parser pulse_json_parser;

// The buffers of a parsed document. The parser owns both; they are valid until its next parse or until it is freed.
typedef struct {
    const uint64_t *tape;
    const uint8_t *strings;
} pulse_json_document;

typedef enum {
    PULSE_JSON_OK = 0,
    PULSE_JSON_MALFORMED,
    PULSE_JSON_TOO_DEEP,
    PULSE_JSON_BAD_UTF8,
    PULSE_JSON_BAD_NUMBER,
    PULSE_JSON_EMPTY,
    PULSE_JSON_NO_MEMORY
} pulse_json_status;

// Creates a parser that accepts containers nested up to `max_depth`; NULL without memory.
pulse_json_parser *pulse_json_parser_new(size_t max_depth);
void pulse_json_parser_free(pulse_json_parser *parser);
// The input size in bytes that the parser's buffers are large enough for; it only grows.
size_t pulse_json_parser_capacity(const pulse_json_parser *parser);
// Parses `count` bytes as one document and fills `out` on success.
pulse_json_status pulse_json_parse(pulse_json_parser *parser, const uint8_t *bytes, size_t count, pulse_json_document *out);

#ifdef __cplusplus
}
#endif
