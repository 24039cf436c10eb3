// A C view of simdjson's DOM parser: parse once, then walk the tape that simdjson documents in doc/tape.md.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pulse_json_parser pulse_json_parser;

// What a parsed document is made of. Both pointers belong to the parser and live until its next parse or its end.
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

pulse_json_parser *pulse_json_parser_new(size_t max_depth);
void pulse_json_parser_free(pulse_json_parser *parser);
// Bytes of input for which the parser holds buffers; they only grow.
size_t pulse_json_parser_capacity(const pulse_json_parser *parser);
pulse_json_status pulse_json_parse(pulse_json_parser *parser, const uint8_t *bytes, size_t count, pulse_json_document *out);

#ifdef __cplusplus
}
#endif
