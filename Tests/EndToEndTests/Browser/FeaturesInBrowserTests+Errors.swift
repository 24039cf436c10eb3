import Core
@_spi(Host) @testable import Host
import Testing
@testable import TestSupport

/// Errors, logs and the calls of `pulse()`.
extension FeaturesInBrowserTests {
    @Test("data-errors: unhandled errors with their location, release and environment")
    func errors() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-errors="true" data-release="2026.05.09" data-environment="staging""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "errors")
                try await it.browser.click("throws")
                try await it.browser.click("rejects")
                try await it.browser.click("odd")
                _ = try await recorder.wait(for: 3, "js_error")
                let errors = recorder.payloads("js_error").compactMap { $0["payload"] }
                #expect(errors.map { $0["message"]?.string } == ["TypeError: no teapot", "RangeError: too much tea", #"{"code":7}"#])
                #expect(
                    errors.map { $0["filename"]?.string } == [
                        site.address + "/cases/failures.js", site.address + "/cases/failures.js", nil,
                    ])
                #expect(errors.map { $0["lineno"]?.integer } == [4, 8, nil])
                #expect(errors.map { $0["colno"]?.integer } == [11, 11, nil])
                #expect(errors[0]["stack"]?.string?.contains("at Object.thrown (\(site.address)/cases/failures.js:4:11)") == true)
                #expect(
                    errors.allSatisfy {
                        $0["path"]?.string == Self.page && $0["release"]?.string == "2026.05.09" && $0["environment"]?.string == "staging"
                    })
                // The page's own listeners saw the same errors.
                #expect(try await it.browser.run("return seen.length").integer == 3)
                // Only three of the loop's 50 errors are sent.
                try await it.browser.click("loop")
                _ = try await recorder.wait(for: 6, "js_error")
                try await it.browser.run("pulse('event', { name: 'after' })")
                _ = try await recorder.wait(for: 1, "event")
                #expect(recorder.types.filter { $0 == "js_error" }.count == 6)
            }
        }
    }

    @Test("data-errors: a repeated error doesn't crowd out others, noise is skipped, and any thrown value has a name")
    func noise() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-errors="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "errors")
                // Run this in a script element on the page: code injected through WebDriver has no origin, so its errors have no details.
                try await it.browser.run(
                    """
                    document.head.appendChild(Object.assign(document.createElement('script'), { textContent: `
                    const fail = what => setTimeout(() => { throw what });
                    for (let turn = 0; turn < 50; turn++) {
                      window.dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed with undelivered notifications.' }));
                      fail(new TypeError('the same'));
                    }
                    window.dispatchEvent(new ErrorEvent('error', { message: 'boom', filename: 'chrome-extension://abc/x.js', error: new Error('theirs') }));
                    const frame = document.body.appendChild(document.createElement('iframe'));
                    fail(new frame.contentWindow.Error('from a frame'));
                    fail(new frame.contentWindow.TypeError('from a frame'));
                    Promise.reject({ toJSON() {} });
                    Promise.reject(new Event('error'));
                    fail('x'.repeat(999) + '\u{1F600}');
                    fail(new TypeError('the real one'));
                    setTimeout(() => pulse('event', { name: 'after' }), 50);
                    ` }));
                    """)
                _ = try await recorder.wait(for: 1, "event")
                var counts: [String: Int] = [:]
                for error in recorder.payloads("js_error") { counts[error["payload"]?["message"]?.string ?? "", default: 0] += 1 }
                #expect(
                    counts == [
                        "TypeError: the same": 3, "Error: from a frame": 1, "TypeError: from a frame": 1, "[object Object]": 1,
                        "Event: error": 1,
                        String(repeating: "x", count: 999): 1, "TypeError: the real one": 1,
                    ])
            }
        }
    }

    @Test("pulse(): events with revenue, logs, survey answers, identities")
    func calls() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-release="r1""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.browser.run(
                    """
                    pulse('event', { name: 'purchase', revenue_amount: 49.99, revenue_currency: 'USD', data: { plan: 'pro' } });
                    pulse('log', 'warn', 'Checkout retry', { order_id: 'ord_123', retry_count: 2 });
                    pulse('log', 'error', new Error('boom'), 'text');
                    pulse('survey_response', { survey_id: 'c7f3e8a2-91b4-4d6e-b2f1-8a3c9d4e5f6a', answers: [{ question_id: 'q1', value: 9 }], completed: true });
                    pulse('identify', { user_id: 'user_123', traits: { plan: 'pro' } });
                    """)
                _ = try await recorder.wait(for: 1, "identify")
                #expect(
                    recorder.received("event") == [
                        #"{"path":"/cases/features.html","name":"purchase","revenue_amount":49.99,"revenue_currency":"USD","data":{"plan":"pro"}}"#
                    ])
                #expect(
                    recorder.received("log").first
                        == #"{"path":"/cases/features.html","payload":{"level":"warn","message":"Checkout retry","body":{"order_id":"ord_123","retry_count":2},"#
                        + #""path":"/cases/features.html","release":"r1","environment":"production"}}"#)
                let second = recorder.payloads("log").last?["payload"]
                #expect(second?["message"]?.string?.hasPrefix("Error: boom\n    at ") == true)
                #expect(second?["body"]?["value"]?.string == "text")
                #expect(
                    recorder.received("survey_response") == [
                        #"{"path":"/cases/features.html","payload":{"path":"/cases/features.html","survey_id":"c7f3e8a2-91b4-4d6e-b2f1-8a3c9d4e5f6a","#
                            + #""answers":[{"question_id":"q1","value":9}],"completed":true}}"#
                    ])
                #expect(
                    recorder.received("identify") == [
                        #"{"path":"/cases/features.html","payload":{"path":"/cases/features.html","user_id":"user_123","traits":{"plan":"pro"}}}"#
                    ])
                #expect(recorder.types.first == "pageview")
            }
        }
    }
}
