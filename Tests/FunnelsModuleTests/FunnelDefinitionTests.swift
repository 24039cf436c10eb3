import Common
import FunnelsModule
import Testing
import TestSupport

@Suite("Funnel definitions", .modules(FunnelsModule.self))
struct FunnelDefinitionTests {
    private static let steps = #""steps":[{"type":"pageview","value":"/","label":"Home"},{"type":"event","value":"signup"}]"#

    @Test("are saved with a label per step, and the list has the number of steps", arguments: Profile.available)
    func lifecycle(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post("/api/v1/funnels", #"{"name":"Signup Flow",\#(Self.steps)}"#, as: .query)
            #expect(made.status == 201)
            let id = try #require(try made.json()["id"]?.string)
            let times = #""created_at":"2026-03-02T12:00:00Z","updated_at":"2026-03-02T12:00:00Z""#
            let labelled = #"[{"label":"Home","type":"pageview","value":"/"},{"label":"signup","type":"event","value":"signup"}]"#
            #expect(made.body == #"{"id":"\#(id)","name":"Signup Flow","steps":\#(labelled),\#(times)}"#)
            let list = try await app.get("/api/v1/funnels")
            #expect(list.body == #"{"data":[{"id":"\#(id)","name":"Signup Flow","steps":2,\#(times)}],"total":1}"#)

            let changed = try await app.put("/api/v1/funnels/\(id)", #"{"name":"v2","order":"strict","conversion_window":60}"#, as: .query)
            #expect(changed.body == #"{"id":"\#(id)","conversion_window":60,"name":"v2","order":"strict","steps":\#(labelled),\#(times)}"#)
            let read = try await app.get("/api/v1/funnels/\(id)")
            #expect(read.body == changed.body)
            #expect(try await app.delete("/api/v1/funnels/\(id)", as: .query).status == 204)
            for path in ["", "/analyze", "/drill"] {
                let answer = try await app.get("/api/v1/funnels/\(id)\(path)")
                #expect(answer.status == 404)
                #expect(answer.body == #"{"error":"Funnel '\#(id)' not found."}"#)
            }
        }
    }

    static let refusals: [(body: String, sentence: String)] = [
        (#"{\#(steps)}"#, "missing required field 'name'."),
        (#"{"name":"a"}"#, "missing required field 'steps'."),
        (#"{"name":"a","steps":[{"type":"event","value":"a"}]}"#, "field 'steps' must be an array of 2 to 20 objects; got 1."),
        (
            #"{"name":"a","steps":[\#(Array(repeating: #"{"type":"event","value":"a"}"#, count: 21).joined(separator: ","))]}"#,
            "field 'steps' must be an array of 2 to 20 objects; got 21."
        ),
        (#"{"name":"a","steps":[{"value":"a"},{"type":"event","value":"a"}]}"#, "missing required field 'steps[0].type'."),
        (
            #"{"name":"a","steps":[{"type":"event","value":"a"},{"type":"click","value":"a"}]}"#,
            "field 'steps[1].type' must be one of 'pageview', 'event'; got 'click'."
        ),
        (
            #"{"name":"a","steps":[{"type":"event","value":""},{"type":"event","value":"a"}]}"#,
            "field 'steps[0].value' must be a string of 1 to 2048 characters; got 0 characters."
        ),
        (
            #"{"name":"a","steps":[{"type":"event","value":"\#(String(repeating: "e", count: 201))"},{"type":"event","value":"a"}]}"#,
            "field 'steps[0].value' must be an event name of 1 to 200 characters; got 201."
        ),
        (
            #"{"name":"a","steps":[{"type":"pageview","value":"/","where":[{"field":"plan","op":"exists"}]},{"type":"event","value":"a"}]}"#,
            "field 'steps[0].where' must be empty for a pageview, which has no properties; got 1."
        ),
        (
            #"{"name":"a","steps":[{"type":"event","value":"a"},{"type":"event","value":"a","where":[{"field":"plan","op":"is"}]}]}"#,
            "field 'steps[1].where[0].op' must be one of 'exists', 'not_exists', 'eq', 'neq', 'contains', 'starts_with', 'ends_with', 'gt', 'gte', 'lt', 'lte', 'in'; got 'is'."
        ),
        (
            #"{"name":"a","steps":[{"type":"event","value":"a"},{"type":"event","value":"a","where":[{"field":"plan","op":"eq"}]}]}"#,
            "missing required field 'steps[1].where[0].value'."
        ),
        (#"{"name":"a","order":"loose",\#(steps)}"#, "field 'order' must be one of 'strict', 'ordered', 'any'; got 'loose'."),
        (#"{"name":"a","conversion_window":0,\#(steps)}"#, "field 'conversion_window' must be a whole number from 1 to 315360000; got 0."),
        (
            #"{"name":"a","order":"strict","exclusions":[{"type":"event","value":"x"}],\#(steps)}"#,
            "field 'exclusions' must be empty when 'order' is 'strict', as nothing can come between the steps; got 1."
        ),
        (
            #"{"name":"a","order":"any","exclusions":[{"type":"event","value":"x","after_step":1}],\#(steps)}"#,
            "field 'exclusions[0].after_step' must be left out when 'order' is 'any', as no step comes after another; got 1."
        ),
        (
            #"{"name":"a","exclusions":[{"type":"event","value":"x","after_step":2}],\#(steps)}"#,
            "field 'exclusions[0].after_step' must be a whole number from 1 to 1; got 2."
        ),
        (#"{"name":"a","exclusions":[{"type":"event"}],\#(steps)}"#, "missing required field 'exclusions[0].value'."),
    ]

    @Test("are rejected with a message if invalid, saved or not")
    func refuses() async throws {
        try await TestApp.run { app in
            for (body, sentence) in Self.refusals {
                for path in ["/api/v1/funnels", "/api/v1/funnels/analyze"] {
                    // An unsaved funnel needs no name.
                    if path.hasSuffix("analyze"), sentence.contains("'name'") { continue }
                    let answer = try await app.post(path, body, as: .query)
                    #expect(answer.status == 400, "\(body)")
                    #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#, "\(body)")
                }
            }
            #expect(try await app.get("/api/v1/funnels").json()["total"]?.integer == 0)
        }
    }
}
