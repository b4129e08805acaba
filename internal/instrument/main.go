package instrument

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
)

// ConnectionFD is the file descriptor at which the process of an Instrument finds the
// connection to its sensor.
const ConnectionFD = 3

// Main is the process of an Instrument, from its start to its end. It ends when ctx
// does, and when the sensor is gone.
func Main(ctx context.Context, log *slog.Logger) error {
	f := os.NewFile(ConnectionFD, "sensor")
	if f == nil {
		return errors.New("this command is started by a sensor and cannot run alone")
	}
	conn, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return fmt.Errorf("this command is started by a sensor and cannot run alone (%v)", err)
	}
	defer conn.Close()
	return serve(ctx, conn, log)
}

// serve runs the Instrument that the sensor at the other end of conn asks for.
func serve(ctx context.Context, conn net.Conn, log *slog.Logger) error {
	h, kind, err := connect(conn, log)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(h.Folder, 0o700); err != nil {
		return fmt.Errorf("the folder of the Instrument cannot be made: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var background sync.WaitGroup
	listening := make(chan struct{})
	go func() { // ends when the connection is closed
		defer close(listening)
		h.listen()
		cancel(ErrSensorGone)
	}()
	reporting, stopReporting := context.WithCancel(ctx)
	background.Go(func() { h.report(reporting) })
	err = kind.Run(ctx, h)
	gone := errors.Is(context.Cause(ctx), ErrSensorGone)
	if err != nil && ctx.Err() == nil {
		h.mu.Lock()
		h.failed = err.Error()
		h.mu.Unlock()
	}
	stopReporting()
	background.Wait()
	conn.Close()
	<-listening
	switch {
	case gone:
		return ErrSensorGone
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return nil
	}
	return err
}
