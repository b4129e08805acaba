# Everything here works on a fresh Linux machine with Go, Node and make.
export CGO_ENABLED ?= 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X sluice/internal/cli.Version=$(VERSION)
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: all build demo test race peers check generate corpus bench fuzz torture torture-all ruby-spec ruby-differential clean

all: build

build: ## the one static binary
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/sluice ./cmd/sluice

demo: build ## a sensor, a receiver and mutual TLS between them, on this machine
	bin/sluice demo

test: build ## every test; those that need other people's data say so and are skipped without it
	go test ./...

race: ## the same with the race detector; needs a C compiler
	CGO_ENABLED=1 go test -race -short ./...

check: ## format, vet, staticcheck, the order of the house, generated files
	@test -z "$$(gofmt -l cmd internal bench)" || { echo 'not formatted:'; gofmt -l cmd internal bench; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go test -count=1 ./internal
	go test -count=1 -run 'Generated' ./internal/cli

generate: build ## write the reference pages anew
	bin/sluice docs --dir docs/reference

corpus: ## how many configurations that people run are accepted, and why the others are not
	go test -count=1 -v -run '^TestCorpus$$' ./internal/cli

bench: build ## next to other programs, with the same work
	bench/run

FUZZTIME ?= 1m
fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

SEEDS ?= 1000000
torture: ## the journal on a disk that lies, SEEDS programs
	SLUICE_SEEDS=$(SEEDS) go test -count=1 -timeout 0 -run Model ./internal/queue

KILLS ?= 200
torture-all: ## CI's long part: 20,000 programs, KILLS kills of the real program under load, every bit of a queue flipped, a start with 1 GB waiting
	SLUICE_SEEDS=20000 go test -count=1 -timeout 0 -run Model ./internal/queue
	SLUICE_KILLS=$(KILLS) go test -count=1 -timeout 0 -v -run Killed ./internal/cli
	SLUICE_EVERY_BIT=1 go test -count=1 -timeout 0 -run EveryBit ./internal/queue
	SLUICE_BIG=1 go test -count=1 -v -run Backlog ./internal/cli

peers: ## inputs, outputs and codecs against the programs that people use; installs what Debian has of them, if run by root
	SLUICE_PEERS=1 go test -count=1 -timeout 30m -v -run '^TestPeer' ./internal/plugin/... ./internal/cli ./internal/demo

PROGRAMS ?= 10000
ruby-spec: ## the examples of ruby/spec, a copy of which lies in DIR, that CRuby 3.1 passes (Debian package ruby)
	SLUICE_RUBY_SPEC=$(abspath $(DIR)) go test -count=1 -timeout 30m -v -run RubySpec ./internal/ruby

ruby-differential: ## PROGRAMS generated programs here and with CRuby 3.1 (Debian's package ruby)
	SLUICE_CRUBY=1 SLUICE_PROGRAMS=$(PROGRAMS) go test -count=1 -v -run LikeCRuby ./internal/ruby

clean:
	rm -rf bin
