@testable import ErrorTrackingModule
import Testing

@Suite("Stack trace")
struct StackTraceTests {
    private static func frames(_ stack: String) -> [String] {
        StackTrace(stack).frames.map { frame in
            "\(frame.function ?? "-") \(frame.file ?? "-") \(frame.line.map(String.init) ?? "-") \(frame.column.map(String.init) ?? "-")"
        }
    }

    @Test("parses Chrome's format")
    func chrome() {
        #expect(
            Self.frames(
                """
                TypeError: a b@c:1:2
                second line of the message
                    at handleClick (https://acme.com/app.js:142:18)
                    at new Cart (https://acme.com/app.js:7:1)
                    at Object.render [as view] (https://acme.com/app.js:8:2)
                    at async Promise.all (index 0)
                    at async https://acme.com/app.js:9:3
                    at eval (eval at run (https://acme.com/app.js:10:4), <anonymous>:1:1)
                    at Array.map (<anonymous>)
                    at <anonymous>
                    at file:///C:/x/app.js:11:5
                    at https://acme.com:8443/app.js
                """) == [
                    "handleClick https://acme.com/app.js 142 18", "Cart https://acme.com/app.js 7 1",
                    "Object.render https://acme.com/app.js 8 2",
                    "Promise.all - - -", "- https://acme.com/app.js 9 3", "eval https://acme.com/app.js 10 4", "Array.map - - -", "- - - -",
                    "- file:///C:/x/app.js 11 5", "- - - -",
                ])
    }

    @Test("parses Firefox's format")
    func firefox() {
        #expect(
            Self.frames(
                """
                handleClick@https://acme.com/app.js:142:18
                onClick/inner<@https://acme.com/@scope/app.js:7:1
                @https://acme.com/app.js:8:2
                async*load@https://acme.com/app.js:9:3
                run@https://acme.com/app.js line 10 > eval:1:1
                """) == [
                    "handleClick https://acme.com/app.js 142 18", "onClick/inner< https://acme.com/@scope/app.js 7 1",
                    "- https://acme.com/app.js 8 2",
                    "load https://acme.com/app.js 9 3", "run https://acme.com/app.js 10 -",
                ])
    }

    @Test("parses Safari's format")
    func safari() {
        #expect(
            Self.frames(
                """
                handleClick@https://acme.com/app.js:142:18
                forEach@[native code]
                https://acme.com/@scope/app.js:7:1
                global code@https://acme.com/app.js:8:2
                """) == [
                    "handleClick https://acme.com/app.js 142 18", "forEach - - -", "- https://acme.com/@scope/app.js 7 1",
                    "- https://acme.com/app.js 8 2",
                ])
    }

    @Test("parses Hermes' format, whose release builds count offsets from 0")
    func hermes() {
        #expect(
            Self.frames(
                """
                TypeError: undefined is not a function
                    at onPress (address at index.android.bundle:1:21)
                    at anonymous (address at /data/user/0/app/files/main.jsbundle:1:1048576)
                    at address at index.android.bundle:2:0
                    at onPress (http://10.0.2.2:8081/index.bundle:3:4)
                """) == [
                    "onPress index.android.bundle 1 22", "anonymous /data/user/0/app/files/main.jsbundle 1 1048577",
                    "- index.android.bundle 2 1",
                    "onPress http://10.0.2.2:8081/index.bundle 3 4",
                ])
    }

    @Test("parses WebAssembly frames of all browsers")
    func webAssembly() {
        #expect(
            Self.frames(
                """
                RuntimeError: unreachable
                    at parse_json (https://a.b/p.wasm:wasm-function[12]:0x12)
                    at https://a.b/p.wasm:wasm-function[7]:0x1a2b
                    at wasm://wasm/0a1b2c:wasm-function[3]:0xffffffffff
                    at run (https://a.b/glue.js:10:4)
                """) == [
                    "parse_json https://a.b/p.wasm 1 19", "wasm-function[7] https://a.b/p.wasm 1 6700",
                    "wasm-function[3] wasm://wasm/0a1b2c 1 -",
                    "run https://a.b/glue.js 10 4",
                ])
        #expect(
            Self.frames(
                "parse_json@https://a.b/p.wasm:wasm-function[12]:0x12\n@https://a.b/p.wasm:wasm-function[7]:0x0\nrun@https://a.b/glue.js:10:4"
            ) == [
                "parse_json https://a.b/p.wasm 1 19", "wasm-function[7] https://a.b/p.wasm 1 1", "run https://a.b/glue.js 10 4",
            ])
        #expect(
            Self.frames("<?>.wasm-function[parse_json]@[wasm code]\n<?>.wasm-function[7]@[wasm code]\nrun@https://a.b/glue.js:10:4") == [
                "parse_json [wasm code] - -", "7 [wasm code] - -", "run https://a.b/glue.js 10 4",
            ])
    }

    @Test(
        "in every browser, crashes in different functions of a WebAssembly module are different errors",
        arguments: [
            "    at NAME (https://a.b/p.wasm:wasm-function[12]:0x12)\n    at run (https://a.b/glue.js:10:4)",
            "NAME@https://a.b/p.wasm:wasm-function[12]:0x12\nrun@https://a.b/glue.js:10:4",
            "<?>.wasm-function[NAME]@[wasm code]\nrun@https://a.b/glue.js:10:4",
        ])
    func grouping(stack: String) {
        func fingerprint(_ name: String, calledAt place: String = "10:4") -> Fingerprint {
            let text = stack.replacing("NAME", with: name).replacing("10:4", with: place)
            return Fingerprint(message: "RuntimeError: unreachable", stack: StackTrace(text), filename: "")
        }
        #expect(fingerprint("parse_json") != fingerprint("draw_canvas"))
        #expect(fingerprint("parse_json") == fingerprint("parse_json", calledAt: "99:7"))
    }

    @Test(
        "text that isn't a stack has no frames",
        arguments: ["", "Script error.", "ada@example.com said no", "at", "@", "::::", "a@", "at (", "at ()", "\u{2028}at \n"])
    func none(text: String) {
        #expect(StackTrace(text).frames.allSatisfy { $0.file == nil })
    }

    @Test("a long stack loses its last lines and frames after the 50th")
    func long() {
        let line = "    at f (https://acme.com/app.js:1:1)\n", stack = String(repeating: line, count: 200_000 / line.count)
        let cut = StackTrace.cut(stack)
        #expect(cut.utf8.count <= 16_384 && cut.hasSuffix("app.js:1:1)") && stack.hasPrefix(cut))
        #expect(StackTrace(stack).frames.count == 50)
        let endless = StackTrace.cut(String(repeating: "ü", count: 100_000))
        #expect(endless.utf8.count == 16_384)
        #expect(StackTrace.cut("short") == "short")
    }
}
