package ruby

import "sync/atomic"

// ivar compiles the reading of an instance variable. The objects of a class mostly have
// theirs in the same order, so the place where it was last is looked at first.
func (c *compiler) ivar(n *ivarNode) code {
	c.script.retains = true
	name := n.name
	var last atomic.Int32 // instances of the script share the code
	return func(fr *frame) Value {
		o, ok := fr.self.o.(*Object)
		if !ok {
			return getIvar(fr, name)
		}
		if i := int(last.Load()); i < len(o.ivars) && o.ivars[i].name == name {
			return o.ivars[i].v
		}
		for i := range o.ivars {
			if o.ivars[i].name == name {
				last.Store(int32(i))
				return o.ivars[i].v
			}
		}
		return vNil
	}
}
