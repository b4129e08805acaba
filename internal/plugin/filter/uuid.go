package filter

import (
	"crypto/rand"
	"encoding/hex"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "uuid",
		Doc:    "Gives an event a random UUID (version 4).",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-uuid.html",
		Examples: []plugin.Example{
			{Title: "A number of one's own for every event", Config: `uuid { target => "[@metadata][uuid]" }`},
		},
		New: func() plugin.Plugin { return new(uuidFilter) },
	})
}

// uuidFilter is the filter uuid.
type uuidFilter struct {
	common
	target    string
	overwrite bool
	to        field
}

func (u *uuidFilter) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("target", &u.target, "The field that gets the UUID.").Must(),
		plugin.Bool("overwrite", &u.overwrite, "Whether a value that is there already is replaced."),
	}, u.Common()...)
}

func (u *uuidFilter) Open(env *plugin.Env) error {
	u.prepare(env)
	u.to = newField(u.target)
	return nil
}

func (u *uuidFilter) Apply(e *event.Event, _ func(*event.Event)) {
	err := u.to.err
	if err == nil && (u.overwrite || e.Get(u.to.ref).IsNil()) {
		var text [36]byte
		newUUID(text[:])
		err = e.Set(u.to.ref, textValue(e, text[:]))
	}
	if err != nil {
		u.raised(e, err)
		return
	}
	u.matched(e)
}

// newUUID writes a random UUID, 36 characters (RFC 9562, version 4).
func newUUID(dst []byte) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	hex.Encode(dst, b[:4])
	dst[8] = '-'
	hex.Encode(dst[9:], b[4:6])
	dst[13] = '-'
	hex.Encode(dst[14:], b[6:8])
	dst[18] = '-'
	hex.Encode(dst[19:], b[8:10])
	dst[23] = '-'
	hex.Encode(dst[24:], b[10:])
}
