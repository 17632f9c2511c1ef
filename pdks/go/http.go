//go:build wasip1

package pdk

import (
	"encoding/json"
	"fmt"
	"strings"

	"tenon/pdk/abi"
)

// Request is an HTTP request.
type Request struct {
	// Method is in capital letters; none stands for GET.
	Method string `json:"method,omitempty"`
	// URL is absolute.
	URL string `json:"url"`
	// Headers may be nil.
	Headers map[string]string `json:"headers,omitempty"`
	// Body is sent as it is; none if it is empty.
	Body []byte `json:"-"`
}

// Response is what came back, whatever its status.
type Response struct {
	// Status is 0 when the host gave none.
	Status int
	// Headers have names in lower case; none when the host does not show them. Several values of a name are joined by ", ".
	Headers map[string]string
	// Body is as it came.
	Body []byte
}

// Send sends a request and waits for the response. What the host does not allow fails the call, here and now.
func (r Request) Send() (Response, error) {
	request, err := json.Marshal(r)
	if err != nil {
		return Response{}, err
	}
	body := abi.HTTPRequest(Share(request), Share(r.Body))
	response := Response{Status: int(abi.HTTPStatusCode()), Headers: map[string]string{}}
	headers := Receive(abi.HTTPHeaders())
	response.Body = Receive(body)
	if len(headers) == 0 {
		return response, nil
	}
	var values map[string]any
	if err := json.Unmarshal(headers, &values); err != nil {
		return Response{}, fmt.Errorf("cannot read the headers that the host gave: %w", err)
	}
	for name, value := range values {
		response.Headers[name] = joined(value)
	}
	return response, nil
}

// joined is a header's value as text: hosts give one that came several times as a text or as a list.
func joined(value any) string {
	list, isList := value.([]any)
	if !isList {
		return fmt.Sprint(value)
	}
	texts := make([]string, len(list))
	for i, each := range list {
		texts[i] = fmt.Sprint(each)
	}
	return strings.Join(texts, ", ")
}
