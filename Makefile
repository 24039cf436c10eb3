# The commands of this repository. Each installs what it needs if it is missing; ARGS is passed to the last program:
#   make test ARGS="--filter FunnelsModuleTests"

setup := config/setup

.PHONY: help run build check test soak bench docs screenshots clean swift

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start Pulse at http://localhost:8080, on embedded storage
	@exec .build/release/pulse serve --welcome --config config/pulse.yaml $(ARGS)

build: swift ## Install what is missing and build the program, .build/release/pulse
	@$(setup)/install.sh run
	@$(setup)/duckdb.sh
	@$(setup)/geoip.sh
	@$(setup)/swift.sh build -c release --product pulse

check: swift ## Check formatting, the dashboard's JavaScript and the shell scripts, without building
	@$(setup)/install.sh check
	@$(setup)/check.sh $(ARGS)

test: swift ## Run every test, with a temporary PostgreSQL, Redis and S3
	@$(setup)/install.sh test
	@$(setup)/duckdb.sh
	@$(setup)/moto.sh
	@$(setup)/test.sh $(ARGS)

soak: ## Run the tests of random input and of crashes at length, which takes hours
	@PULSE_TEST_EFFORT=long $(MAKE) test ARGS="--filter '(Random|Streams|Sandbox|Crash).*Tests'"

bench: swift ## Run the benchmarks
	@$(setup)/install.sh bench
	@$(setup)/duckdb.sh
	@$(setup)/swift.sh build -c release --product pulse
	@$(setup)/swift.sh build -c release --product pulse-bench
	@$(if $(findstring servers,$(ARGS)),PULSE_TEST_PURPOSE=bench $(setup)/test-servers.sh) .build/release/pulse-bench $(ARGS)

docs: build ## Regenerate docs/modules.md and the README.md of each module
	@.build/release/pulse modules --pages .

screenshots: build ## Retake the dashboard's screenshots in docs
	@$(setup)/install.sh test
	@$(setup)/screenshots.sh docs

clean: ## Remove everything built and fetched; keeps the data
	rm -rf .build .tools

swift:
	@command -v swift >/dev/null || { echo "Building Pulse takes Swift 6.2 or later, but there is no 'swift' on the PATH." >&2; exit 1; }
