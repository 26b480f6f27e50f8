package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Session is a session as it was sent, by member. Statuses may be added: expect ones you do not know.
type Session map[string]any

// Error says that a session could not be read. What the server said about it is in the fields, where it said anything.
type Error struct {
	Message       string
	HTTPStatus    int
	Code          string   `json:"error_code"`
	Messages      []string `json:"error_messages"`
	CorrelationID string   `json:"correlation_id"`
}

func (e *Error) Error() string { return e.Message }

// Client reads hosted payment page sessions. It may be shared between goroutines.
type Client struct {
	sessions, username, apiKey string
	http                       http.Client
}

// NewClient returns a client that follows no redirect.
func NewClient(baseURL, username, apiKey string) *Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{strings.TrimRight(baseURL, "/") + "/hpp/v1/sessions/", username, apiKey, http.Client{CheckRedirect: stay}}
}

// ReadSession returns the session as it is now, or an *Error, within the time-out.
func (c *Client) ReadSession(id string, timeout time.Duration) (Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	status, text, err := c.get(ctx, c.sessions+url.PathEscape(id))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &Error{Message: "no answer in time"}
	}
	if err != nil {
		return nil, &Error{Message: "no answer"}
	}
	if status != http.StatusOK {
		refusal := &Error{}
		_ = json.Unmarshal(text, refusal) // a refusal need not be JSON
		refusal.Message, refusal.HTTPStatus = fmt.Sprintf("refused with HTTP %d", status), status
		return nil, refusal
	}
	var session Session
	if json.Unmarshal(text, &session) != nil || session == nil {
		return nil, &Error{Message: "the answer is no session", HTTPStatus: status}
	}
	return session, nil
}

func (c *Client) get(ctx context.Context, url string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	request.SetBasicAuth(c.username, c.apiKey)
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}
