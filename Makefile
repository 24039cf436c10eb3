# The commands of this repository. Each installs what it needs and is missing; ARGS is passed on to the last program:
#   make test ARGS="--filter CoreTests"

setup := config/setup

.PHONY: help run build test bench clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start Pulse at http://localhost:8080, on embedded storage
	@exec .build/release/pulse serve --config config/pulse.yaml $(ARGS)

build: ## Install what is missing and build the program, .build/release/pulse
	@$(setup)/install.sh run
	@$(setup)/duckdb.sh
	@swift build -c release --product pulse

test: ## Run every test, with a PostgreSQL and a Redis of their own
	@$(setup)/install.sh test
	@$(setup)/duckdb.sh
	@$(setup)/test-servers.sh swift test $(ARGS)

bench: ## Run the benchmarks
	@$(setup)/install.sh bench
	@$(setup)/duckdb.sh
	@swift build -c release
	@.build/release/pulse-bench $(ARGS)

clean: ## Remove what was built and fetched; data stays
	rm -rf .build .tools
