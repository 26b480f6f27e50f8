package main

import (
	"io"
	"net/http"
	"os"

	"github.com/dnaeon/go-vcr/recorder"
)

func main() {
	r, err := recorder.New("../go-vcr-v1")
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: r}
	for _, url := range os.Args[2:] {
		request, _ := http.NewRequest("GET", url, nil)
		request.Header.Set("Authorization", os.Args[1])
		response, err := client.Do(request)
		if err != nil {
			panic(err)
		}
		io.ReadAll(response.Body)
		response.Body.Close()
	}
	r.Stop()
}
