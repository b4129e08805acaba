package health

import "testing"

func TestConditions(t *testing.T) {
	slow := Define("test-slow", Warning, "slow", "wait")
	dead := Define("test-dead", Error, "dead", "bury")
	var c Conditions
	if c.Status() != OK {
		t.Error("no conditions is not OK")
	}
	c.Raise(slow, "a", "1 s")
	first := c.List()[0].Since
	c.Raise(slow, "a", "2 s")
	c.Raise(dead, "b", "no answer")
	list := c.List()
	if len(list) != 2 || list[0].Code != "test-dead" || list[1].Cause != "2 s" || !list[1].Since.Equal(first) || c.Status() != Error {
		t.Errorf("got %+v", list)
	}
	c.Clear(dead, "b")
	if c.Status() != Warning {
		t.Errorf("status %v after the error was cleared", c.Status())
	}
	var none *Conditions
	none.Raise(slow, "x", "")
	none.Clear(slow, "x")
	if none.Status() != OK {
		t.Error("nil conditions are not OK")
	}
}
