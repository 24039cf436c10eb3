import Core
@_spi(Host) @testable import Host
@_spi(Host) import Jobs
import Synchronization
import Testing
@testable import TestSupport

extension DashboardPagesInBrowserTests {
    @Test("an administrator sees why a task was given up, and runs it again with the keyboard")
    func tasks() async throws {
        try await Dashboard.run { app, browser in
            let (tasks, runner) = (app.installation.tasks, app.installation.taskRunner), isOpen = Flag()
            tasks.declare(
                [TaskKind("visit", "Visits the fair.") { _ in if !isOpen.isUp { throw GiveUp("The fair is closed.") } }], of: "test")
            let id = try await TaskQueue(tasks, module: "test").enqueue("visit")
            await runner.settle()
            try await Dashboard.logIn(app, browser, app.installation.adminToken)
            try await browser.wait(for: "return !!document.querySelector('#tasks tbody tr') && !document.querySelector('[aria-busy]')")
            let shown = try await Dashboard.texts("#tasks tbody tr", browser)
            #expect(shown.count == 1)
            for part in ["test.visit", "given up", "The fair is closed.", "Run again"] { #expect(shown[0].contains(part), "\(part)") }
            try await Dashboard.isClean(browser)

            try await Dashboard.choose("paused", in: "#task-state", browser)
            try await browser.wait(for: "return !document.querySelector('#tasks tbody tr')")
            try await Dashboard.choose("dead", in: "#task-state", browser)
            try await browser.wait(for: "return !!document.querySelector('#tasks tbody button')")
            isOpen.raise()
            try await browser.type(Browser.Key.enter, selector: "#tasks tbody button")
            // It is no longer among those that were given up.
            try await browser.wait(for: "return !document.querySelector('#tasks tbody tr')")
            await runner.settle()
            #expect(try await tasks.task(id).state == .done)

            // The kinds say what they are for. One is held back, with the keyboard.
            let kind = "#task-kinds tbody tr:last-child"
            #expect(try await Dashboard.texts("#task-kinds tbody tr", browser).count == 4)
            for part in ["test.visit", "Visits the fair.", "Pause"] {
                #expect(try await Dashboard.texts(kind, browser).first?.contains(part) == true, "\(part)")
            }
            try await browser.type(Browser.Key.enter, selector: "\(kind) button")
            try await browser.wait(for: "return document.querySelector('\(kind) .badge')?.textContent === 'paused'")
            #expect(try await tasks.kind("test.visit").isPaused)
            try await Dashboard.isClean(browser)
        }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isUp: Bool { state.withLock { $0 } }
        func raise() { state.withLock { $0 = true } }
    }
}
