import Core

extension SQLParser {
    mutating func select() throws(SQLRefusal) -> SQLSelect {
        try nested { parser throws(SQLRefusal) in try parser.wholeSelect() }
    }

    private mutating func wholeSelect() throws(SQLRefusal) -> SQLSelect {
        var ctes: [SQLSelect.CTE] = []
        if take("with") {
            if isWord("recursive") { throw SQLRefusal(message: "WITH RECURSIVE is not accepted.", place: token.place) }
            repeat {
                let place = token.place, name = try name("a name")
                try need("as")
                try needSign("(")
                ctes.append(.init(name: name, select: try select(), place: place))
                try needSign(")")
            } while takeSign(",")
        }
        var cores = [try core()], all: [Bool] = []
        while take("union") {
            all.append(take("all"))
            cores.append(try core())
        }
        if isWord("intersect") || isWord("except") {
            throw SQLRefusal(message: "\(token.described) is not accepted; UNION is.", place: token.place)
        }
        var order: [SQLOrder] = []
        if take("order") {
            try need("by")
            order = try orders()
        }
        let limit = take("limit") ? try count("LIMIT") : nil
        let offset = take("offset") ? try count("OFFSET") : nil
        return SQLSelect(ctes: ctes, cores: cores, all: all, order: order, limit: limit, offset: offset)
    }

    private mutating func count(_ what: String) throws(SQLRefusal) -> Int64 {
        guard case .integer(let number) = token.kind, number <= 1_000_000_000 else {
            throw unexpected("a whole number up to 1000000000 after \(what)")
        }
        at += 1
        return number
    }

    private mutating func core() throws(SQLRefusal) -> SQLSelect.Core {
        var core = SQLSelect.Core()
        core.place = token.place
        try need("select")
        core.isDistinct = take("distinct")
        if !core.isDistinct { _ = take("all") }
        repeat { core.items.append(try item()) } while takeSign(",")
        if take("from") { core.source = try source() }
        if take("where") { core.condition = try expression() }
        if take("group") {
            try need("by")
            repeat {
                let value = try expression()
                try append(value, to: &core.groups, "GROUP BY")
            } while takeSign(",")
        }
        if take("having") { core.having = try expression() }
        return core
    }

    private mutating func item() throws(SQLRefusal) -> SQLSelect.Item {
        let place = token.place
        if takeSign("*") { return .star(table: nil, place) }
        if at + 2 < tokens.count, tokens[at + 1].kind == .sign("."), tokens[at + 2].kind == .sign("*") {
            let table = try name("a name")
            at += 2
            return .star(table: table, place)
        }
        let value = try expression()
        return .expression(value, alias: try alias(), place)
    }

    /// Parses the alias that follows, with or without AS; nil if there is none.
    private mutating func alias() throws(SQLRefusal) -> String? {
        if take("as") { return try name("a name") }
        switch token.kind {
        case .word(let word) where !Self.reserved.contains(word): return try name("a name")
        case .quoted: return try name("a name")
        default: return nil
        }
    }

    private mutating func source() throws(SQLRefusal) -> SQLSelect.Source {
        var source = try table()
        while true {
            let place = token.place
            if isSign(",") || isWord("cross") || isWord("natural") {
                throw SQLRefusal(message: "tables can be joined only with JOIN ... ON.", place: place)
            }
            var kind = "JOIN"
            if take("inner") {
                kind = "JOIN"
            } else if take("left") {
                kind = "LEFT JOIN"
            } else if take("right") {
                kind = "RIGHT JOIN"
            } else if take("full") {
                kind = "FULL JOIN"
            } else if !isWord("join") {
                return source
            }
            if kind != "JOIN" { _ = take("outer") }
            try need("join")
            let right = try table()
            try need("on")
            source = .join(source, right, kind: kind, on: try expression(), place)
        }
    }

    private mutating func table() throws(SQLRefusal) -> SQLSelect.Source {
        let place = token.place
        if takeSign("(") {
            guard isWord("select") || isWord("with") else { throw unexpected("SELECT") }
            let select = try select()
            try needSign(")")
            _ = take("as")
            return .select(select, alias: try name("a name for the subquery"), place)
        }
        if case .text = token.kind { throw SQLRefusal(message: "text is not a dataset: files can't be read.", place: place) }
        let table = try name("a dataset")
        if isSign(".") { throw SQLRefusal(message: "schemas are not accepted; write only the name of the dataset.", place: place) }
        if isSign("(") { throw SQLRefusal(message: "'\(table.excerpt(40))(' is not accepted: functions are not datasets.", place: place) }
        return .table(table, alias: try alias() ?? table, place)
    }

    /// Appends a key of GROUP BY, ORDER BY or PARTITION BY. The number of keys is limited because an engine holds them for every row.
    func append<Element>(_ element: Element, to list: inout [Element], _ what: String) throws(SQLRefusal) {
        guard list.count < Self.maximumKeys else {
            throw SQLRefusal(message: "\(what) takes at most \(Self.maximumKeys) values.", place: token.place)
        }
        list.append(element)
    }

    mutating func orders() throws(SQLRefusal) -> [SQLOrder] {
        var orders: [SQLOrder] = []
        repeat {
            let value = try expression()
            let isDescending = take("desc")
            if !isDescending { _ = take("asc") }
            var nullsFirst = false
            if take("nulls") {
                nullsFirst = take("first")
                if !nullsFirst { try need("last") }
            }
            try append(SQLOrder(expression: value, isDescending: isDescending, nullsFirst: nullsFirst), to: &orders, "ORDER BY")
        } while takeSign(",")
        return orders
    }
}
