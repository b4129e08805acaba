package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"sluice/internal/engine"
)

// stalledAfter is when somebody who has pressed ^C is told what the program waits for.
const stalledAfter = 5 * time.Second

// untilSignalled is signalled without a log.
func untilSignalled(atOnce bool) (stop, abort context.Context, release func()) {
	return signalled(slog.New(slog.DiscardHandler), atOnce)
}

// signalled returns a context that ends with the first signal to stop, and one that
// ends with the second, or with the first where it is to end at once.
func signalled(log *slog.Logger, atOnce bool) (stop, abort context.Context, release func()) {
	stop, stopNow := context.WithCancel(context.Background())
	abort, abortNow := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	var stalled atomic.Pointer[time.Timer]
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		log.Warn(signalName(s) + " received. Shutting down.")
		stopNow()
		if atOnce {
			abortNow()
		}
		stalled.Store(time.AfterFunc(stalledAfter, func() {
			log.Warn("Received shutdown signal, but pipeline is still waiting for in-flight events to be processed. " +
				"Sending another ^C will force quit Logstash, but this may cause data loss.")
		}))
		if s, ok = <-signals; !ok {
			return
		}
		log.Log(context.Background(), fatal, signalName(s)+" received. Terminating immediately..")
		abortNow()
		// A plugin that does not obey cannot keep the program.
		time.AfterFunc(2*time.Second, func() { os.Exit(1) })
	}()
	return stop, abort, func() {
		signal.Stop(signals)
		close(signals)
		if t := stalled.Load(); t != nil {
			t.Stop()
		}
		stopNow()
		abortNow()
	}
}

func signalName(s os.Signal) string {
	if s == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}

// reload looks at the configuration at every SIGHUP and, with config.reload.automatic,
// every few seconds. The function that it returns stops that, and returns what is closed
// when it has stopped.
func (p *program) reload(ctx context.Context, e *engine.Engine) (end func() <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	var tick <-chan time.Time
	var ticker *time.Ticker
	if p.settings.Bool("config.reload.automatic") {
		ticker = time.NewTicker(p.settings.Duration("config.reload.interval"))
		tick = ticker.C
	}
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick:
			case <-hangUp:
				p.log.With(loggerKey, "logstash.runner").Warn("SIGHUP received.")
			}
			pipelines, list := engine.Load(p.settings, p.access)
			if list.Err() != nil {
				e.ReloadFailed(list)
				continue
			}
			e.Reload(pipelines)
		}
	}()
	return func() <-chan struct{} {
		signal.Stop(hangUp)
		if ticker != nil {
			ticker.Stop()
		}
		cancel()
		return ended
	}
}
