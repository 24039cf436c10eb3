import Foundation

/// The people who visit: new visitors, returning visitors, and customers.
struct DemoCrowd {
    private let seed: UInt64
    /// The number of visitors from each country so far. A country's visitors are numbered from 0.
    private var visitors: [Int]
    private var customers: [DemoVisitor]
    /// Expected visits per hour.
    private let perHour: Double

    private static let customerShare = 0.15
    private static let returningShare = 0.27
    /// Customers' numbers start here, to keep them apart from other visitors' numbers.
    private static let firstCustomer = 1 << 40

    /// - Parameter expectedVisits: the number of visits that will follow. The crowd starts with some past visitors, so even the
    ///   first visits can come from returning ones.
    init(expectedVisits: Double, seed: UInt64) {
        self.seed = seed
        perHour = expectedVisits / (60 * 24)
        let shares = DemoCountry.all.map(\.share), total = shares.reduce(0, +)
        visitors = shares.map { Int(expectedVisits * 0.3 * $0 / total) + 1 }
        var random = DemoRandom(seed: DemoRandom.mix(seed ^ 0xC0FFEE))
        let countries = Weighted(shares.enumerated().map { ($0.offset, $0.element) })
        customers = (0..<max(12, Int(expectedVisits / 160))).map { number in
            DemoVisitor(country: countries.pick(&random), number: Self.firstCustomer + number, seed: seed)
        }
    }

    /// Returns a visit that begins in `hour`.
    mutating func visit(in hour: DemoHours.Hour, _ site: DemoSite, _ random: inout DemoRandom) -> DemoSession {
        let country = hour.countries.pick(&random)
        if random.chance(Self.customerShare), let customer = customer(awakeIn: country, &random) {
            return DemoSession(customer, from: DemoSource.customers.pick(&random), in: site, &random)
        }
        let visitor = DemoVisitor(country: country, number: number(in: country, &random), seed: seed)
        return DemoSession(visitor, from: hour.sources.pick(&random), in: site, &random)
    }

    /// Returns a random customer, preferably from `country`. Gives up on the country after six tries.
    private func customer(awakeIn country: Int, _ random: inout DemoRandom) -> DemoVisitor? {
        var candidate: DemoVisitor?
        for _ in 0..<6 {
            // Squared, so some customers come far more often than others.
            let place = random.unit()
            let customer = customers[Int(place * place * Double(customers.count))]
            candidate = customer
            if customer.country == country { break }
        }
        return candidate
    }

    /// Returns the number of a returning visitor from `country`, or of a new one.
    private mutating func number(in country: Int, _ random: inout DemoRandom) -> Int {
        let count = visitors[country]
        if random.chance(Self.returningShare) {
            // The longer ago a visitor came, the less likely a return. Visitors of the last hour are left out, because their visit
            // would belong to the same session.
            let nearest = perHour * DemoCountry.all[country].share / 50 + 1, farthest = Double(count)
            if farthest > nearest { return count - Int(nearest * pow(farthest / nearest, random.unit())) }
        }
        visitors[country] += 1
        return count
    }

    /// Makes `visitor` a customer.
    mutating func join(_ visitor: DemoVisitor) { customers.append(visitor) }
}
