package settings

import (
	"strings"
	"unicode"

	"sluice/internal/diag"
)

var (
	contradiction = diag.Define("SL3008", diag.Error, "two settings do not go together",
		"Each of them is right alone. The message says which one to change.")
	weakPassword = diag.Define("SL3009", diag.Warning, "the password of the monitoring API is weak",
		"api.auth.basic.password_policy says what a password needs; with its mode ERROR a weak password is an error.")
)

// Validate tells which settings do not go together.
func (s *Settings) Validate() (list diag.List) {
	if s.Bytes("queue.page_capacity") > s.Bytes("queue.max_bytes") && s.IsSet("queue.max_bytes") && s.Bytes("queue.max_bytes") > 0 && s.IsSet("queue.page_capacity") {
		list.Add(diag.New(contradiction, s.At("queue.page_capacity"), "queue.page_capacity is larger than queue.max_bytes").
			WithHelp("set it to %s or less", s.values["queue.max_bytes"].text))
	}
	if s.String("api.auth.type") == "basic" && s.Bool("api.enabled") {
		list.Add(s.validateLogin()...)
	}
	if s.Bool("api.ssl.enabled") && s.Bool("api.enabled") {
		pem, store := s.IsSet("api.ssl.certificate") && s.IsSet("api.ssl.key"), s.IsSet("api.ssl.keystore.path")
		if !pem && !store {
			list.Add(diag.New(contradiction, s.At("api.ssl.enabled"), "api.ssl.enabled is true, but there is no certificate").
				WithHelp("set api.ssl.certificate and api.ssl.key (PEM files), or api.ssl.keystore.path (a PKCS#12 file)"))
		}
	}
	return list
}

func (s *Settings) validateLogin() (list diag.List) {
	for _, name := range []string{"api.auth.basic.username", "api.auth.basic.password"} {
		if !s.IsSet(name) || s.values[name].text == "" {
			list.Add(diag.New(contradiction, s.At("api.auth.type"), "api.auth.type is basic, but there is no %s", name).WithHelp("set it; a password can stand in the keystore: %s: ${API_PASSWORD}", name))
		}
	}
	if list.Err() != nil {
		return list
	}
	needs := s.passwordNeeds(s.Secret("api.auth.basic.password").Reveal())
	if len(needs) == 0 {
		return nil
	}
	code := weakPassword
	if s.String("api.auth.basic.password_policy.mode") == "ERROR" {
		code = wrongSetting
	}
	return append(list, diag.New(code, diag.Span{}, "api.auth.basic.password needs %s", strings.Join(needs, " and ")))
}

// passwordNeeds says what a password lacks by the policy.
func (s *Settings) passwordNeeds(password string) (needs []string) {
	const policy = "api.auth.basic.password_policy."
	if n := s.Int(policy + "length.minimum"); len([]rune(password)) < n {
		needs = append(needs, "at least "+s.get(policy+"length.minimum", Int).text+" characters")
	}
	for _, rule := range []struct {
		name, what string
		is         func(rune) bool
	}{
		{"upper", "an upper-case letter", unicode.IsUpper},
		{"lower", "a lower-case letter", unicode.IsLower},
		{"digit", "a digit", unicode.IsDigit},
		{"symbol", "a character that is neither letter nor digit", func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }},
	} {
		if s.String(policy+"include."+rule.name) == "REQUIRED" && strings.IndexFunc(password, rule.is) < 0 {
			needs = append(needs, rule.what)
		}
	}
	return needs
}
