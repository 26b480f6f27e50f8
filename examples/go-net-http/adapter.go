// Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.
package main

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"time"
)

type object = map[string]any

type ask struct {
	Op        string `json:"op"`
	ID        string `json:"id"`
	BaseURL   string `json:"base_url"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	SessionID string `json:"session_id"`
	TimeoutMS int64  `json:"timeout_ms"`
}

var hello = object{
	"op":         "hello",
	"client":     object{"name": "go-net-http", "version": runtime.Version(), "language": "go"},
	"error":      []string{"http_status", "error_code", "error_messages", "correlation_id"},
	"status":     "open",
	"timestamps": "string",
}

// As a shop would: one client, whose connections are kept from read to read.
var clients = map[[3]string]*Client{}

func client(of ask) *Client {
	shop := [3]string{of.BaseURL, of.Username, of.Password}
	if clients[shop] == nil {
		clients[shop] = NewClient(of.BaseURL, of.Username, of.Password)
	}
	return clients[shop]
}

func answer(to ask) object {
	session, err := client(to).ReadSession(to.SessionID, time.Duration(to.TimeoutMS)*time.Millisecond)
	var refusal *Error
	if errors.As(err, &refusal) {
		return object{"id": to.ID, "error": object{
			"type":           "Error",
			"message":        refusal.Message,
			"http_status":    orNull(refusal.HTTPStatus),
			"error_code":     orNull(refusal.Code),
			"error_messages": refusal.Messages,
			"correlation_id": orNull(refusal.CorrelationID),
		}}
	}
	return object{"id": to.ID, "session": session}
}

// A zero value is something that the server did not say.
func orNull[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for message := (ask{}); in.Decode(&message) == nil && message.Op != "bye"; message = (ask{}) {
		reply := hello
		if message.Op != "hello" {
			reply = answer(message)
		}
		_ = out.Encode(reply)
	}
}
