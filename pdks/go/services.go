//go:build wasip1

package pdk

import (
	"fmt"

	"tenon/pdk/abi"
)

// Config is the value of a key of the configuration, and whether there is one that is not empty.
func Config(key string) (string, bool) {
	handle := abi.ConfigGet(shareText(key))
	return textOf(Receive(handle)), handle != 0
}

// Var is a copy of a variable, which outlives the call, and whether there is one.
func Var(key string) ([]byte, bool) {
	handle := abi.VarGet(shareText(key))
	return Receive(handle), handle != 0
}

// SetVar sets a variable; no bytes delete it. Past the host's budget the call fails, here and now.
func SetVar(key string, value []byte) { abi.VarSet(shareText(key), Share(value)) }

// RemoveVar deletes a variable, if there is one.
func RemoveVar(key string) { abi.VarSet(shareText(key), 0) }

// Level says how important a log is.
type Level int32

// Levels, lowest first, with the numbers of the ABI.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
)

// IsLogged tells whether the host keeps logs of this level: saves making a text that nobody reads.
func IsLogged(level Level) bool { return int32(level) >= abi.GetLogLevel() }

// Log logs a text.
func Log(level Level, text string) {
	if !IsLogged(level) {
		return
	}
	handle := shareText(text)
	switch level {
	case Trace:
		abi.LogTrace(handle)
	case Debug:
		abi.LogDebug(handle)
	case Info:
		abi.LogInfo(handle)
	case Warn:
		abi.LogWarn(handle)
	default:
		abi.LogError(handle)
	}
}

// Logf logs a text by the format of package fmt, which is not even looked at when nobody reads it.
func Logf(level Level, format string, values ...any) {
	if IsLogged(level) {
		Log(level, fmt.Sprintf(format, values...))
	}
}
