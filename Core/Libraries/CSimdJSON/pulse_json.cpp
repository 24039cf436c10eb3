#include "pulse_json.h"

#include <new>
#include <simdjson.h>

struct pulse_json_parser {
    simdjson::dom::parser parser;
    size_t max_depth;
};

pulse_json_parser *pulse_json_parser_new(size_t max_depth) {
    auto *created = new (std::nothrow) pulse_json_parser{simdjson::dom::parser(), max_depth};
    // The first allocation fixes the depth, so allocate small buffers now.
    if (created && created->parser.allocate(1024, max_depth) != simdjson::SUCCESS) {
        delete created;
        return nullptr;
    }
    return created;
}

void pulse_json_parser_free(pulse_json_parser *parser) { delete parser; }

size_t pulse_json_parser_capacity(const pulse_json_parser *parser) { return parser->parser.capacity(); }

pulse_json_status pulse_json_parse(pulse_json_parser *parser, const uint8_t *bytes, size_t count, pulse_json_document *out) {
    if (count > parser->parser.capacity()) {
        // Doubles the size, so slowly growing bodies don't reallocate each time.
        if (parser->parser.allocate(count * 2, parser->max_depth) != simdjson::SUCCESS) return PULSE_JSON_NO_MEMORY;
    }
    auto result = parser->parser.parse(bytes, count, true);
    switch (result.error()) {
        case simdjson::SUCCESS: break;
        case simdjson::DEPTH_ERROR: return PULSE_JSON_TOO_DEEP;
        case simdjson::UTF8_ERROR: return PULSE_JSON_BAD_UTF8;
        case simdjson::NUMBER_ERROR: return PULSE_JSON_BAD_NUMBER;
        case simdjson::EMPTY: return PULSE_JSON_EMPTY;
        case simdjson::MEMALLOC:
        case simdjson::CAPACITY: return PULSE_JSON_NO_MEMORY;
        default: return PULSE_JSON_MALFORMED;
    }
    out->tape = parser->parser.doc.tape.get();
    out->strings = parser->parser.doc.string_buf.get();
    return PULSE_JSON_OK;
}
