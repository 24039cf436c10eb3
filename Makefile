# The commands of this repository. Each installs what it needs and is missing; ARGS is passed on to the last program:
#   make test ARGS="--filter CoreModuleTests"

setup := config/setup
# Package.swift lists the files of pages; a cached reading of it would miss those that came or went with an update.
manifest := --manifest-cache none

.PHONY: help run build test bench docs screenshots clean swift

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start Pulse at http://localhost:8080, on embedded storage
	@exec .build/release/pulse serve --welcome --config config/pulse.yaml $(ARGS)

build: swift ## Install what is missing and build the program, .build/release/pulse
	@$(setup)/install.sh run
	@$(setup)/duckdb.sh
	@$(setup)/geoip.sh
	@swift build $(manifest) -c release --product pulse

test: swift ## Run every test, with a PostgreSQL and a Redis of their own
	@$(setup)/install.sh test
	@$(setup)/duckdb.sh
	@$(setup)/test-servers.sh $(setup)/failures.sh swift test $(manifest) --no-parallel --disable-xctest $(ARGS)

bench: swift ## Run the benchmarks
	@$(setup)/install.sh bench
	@$(setup)/duckdb.sh
	@swift build $(manifest) -c release --product pulse
	@swift build $(manifest) -c release --product pulse-bench
	@.build/release/pulse-bench $(ARGS)

docs: build ## Write what docs/modules says of each module
	@.build/release/pulse modules --pages docs/modules

screenshots: build ## Remake the dashboard's pictures in docs
	@$(setup)/install.sh test
	@$(setup)/screenshots.sh docs

clean: ## Remove what was built and fetched; data stays
	rm -rf .build .tools

swift:
	@command -v swift >/dev/null || { echo "Pulse is built with Swift 6.2 or later, and no 'swift' is on the PATH." >&2; exit 1; }
