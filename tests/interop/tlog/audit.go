package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// audit reads a published log from its first entry to its last and verifies each against the signed root, with nothing
// of ours: the key's line is all that it is told.
func audit(url, vkey string) error {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("vkey: %w", err)
	}
	fetcher, err := torchwood.NewTileFetcher(url)
	if err != nil {
		return err
	}
	ctx := context.Background()
	data, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return err
	}
	signed, err := note.Open(data, note.VerifierList(key))
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	head, err := torchwood.ParseCheckpoint(signed.Text)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if head.Origin != key.Name() {
		return errors.New("the checkpoint is of another log")
	}

	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return err
	}
	next, read := int64(0), 0
	for next < head.N {
		from := next
		for index, entry := range client.Entries(ctx, head.Tree, next) {
			if index != next {
				return fmt.Errorf("entry %d came instead of %d", index, next)
			}
			read += len(entry)
			next++
		}
		if err := client.Err(); err != nil {
			return fmt.Errorf("at entry %d: %w", next, err)
		}
		if next == from {
			return fmt.Errorf("the log ends before entry %d", next)
		}
	}
	if head.N > 0 {
		// One entry with its whole path, which the client verifies too.
		if _, _, err := client.Entry(ctx, head.Tree, head.N-1); err != nil {
			return fmt.Errorf("entry %d: %w", head.N-1, err)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"origin": head.Origin, "size": next, "root": tlog.Hash(head.Hash).String(), "bytes": read,
	})
}
