package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folderReader gives tiles and bundles out of a folder, at the paths that torchwood computes.
type folderReader struct{ folder string }

func (r folderReader) ReadTiles(_ context.Context, tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(r.folder, torchwood.TilePath(tile)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (folderReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r folderReader) ReadEndpoint(_ context.Context, path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(r.folder, path))
}

// check verifies all that our library wrote, and counts it.
func check(folder string, given Case) error {
	checked := map[string]int{}
	log, err := note.NewVerifier(given.VKey)
	if err != nil {
		return fmt.Errorf("vkey: %w", err)
	}
	witness, err := fnote.NewVerifierForCosignatureV1(given.WitnessVKey)
	if err != nil {
		return fmt.Errorf("witness's vkey: %w", err)
	}

	ctx := context.Background()
	trees := map[int64]tlog.Tree{}
	for _, size := range given.Sizes {
		tree, err := checkpoint(filepath.Join(folder, fmt.Sprintf("checkpoint.%d", size)), given, log, witness)
		if err != nil {
			return fmt.Errorf("checkpoint of %d: %w", size, err)
		}
		trees[size] = tree
		checked["checkpoints"]++

		// The reader verifies each tile against the root before it gives a hash.
		reader := torchwood.TileHashReaderWithContext(ctx, tree, folderReader{folder})
		if root, err := tlog.TreeHash(size, reader); err != nil || root != tree.Hash {
			return fmt.Errorf("root of %d: %v, %w", size, root, err)
		}
		checked["roots"]++

		client, err := torchwood.NewClient(folderReader{folder})
		if err != nil {
			return err
		}
		if err := readAll(ctx, client, tree, given.Entries); err != nil {
			return fmt.Errorf("entries of %d: %w", size, err)
		}
		for _, index := range []int64{0, size / 2, size - 1} {
			entry, path, err := client.Entry(ctx, tree, index)
			if err != nil {
				return fmt.Errorf("entry %d of %d: %w", index, size, err)
			}
			if err := tlog.CheckRecord(path, size, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d of %d: %w", index, size, err)
			}
			if !bytes.Equal(entry, given.Entries[index]) {
				return fmt.Errorf("entry %d is another", index)
			}
			checked["entries"]++
		}
	}

	for _, each := range given.Inclusions {
		leaf := tlog.RecordHash(given.Entries[each.Index])
		if err := tlog.CheckRecord(hashes(each.Hashes), each.Size, trees[each.Size].Hash, each.Index, leaf); err != nil {
			return fmt.Errorf("inclusion of %d in %d: %w", each.Index, each.Size, err)
		}
		checked["inclusions"]++
	}
	for _, each := range given.Consistencies {
		older, newer := trees[each.OldSize].Hash, trees[each.Size].Hash
		if err := tlog.CheckTree(hashes(each.Hashes), each.Size, newer, each.OldSize, older); err != nil {
			return fmt.Errorf("consistency of %d with %d: %w", each.Size, each.OldSize, err)
		}
		checked["consistencies"]++
	}

	kept, err := filepath.Glob(filepath.Join(folder, "*.tlog-proof"))
	if err != nil {
		return err
	}
	for _, name := range kept {
		if err := proofFile(name, given, log, witness); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		checked["proof files"]++
	}
	return json.NewEncoder(os.Stdout).Encode(checked)
}

// readAll follows a log as a monitor does: up to the last bundle, which it may leave until it is full.
func readAll(ctx context.Context, client *torchwood.Client, tree tlog.Tree, expected [][]byte) error {
	next := int64(0)
	for index, entry := range client.Entries(ctx, tree, 0) {
		if index != next || !bytes.Equal(entry, expected[index]) {
			return fmt.Errorf("entry %d is another", next)
		}
		next++
	}
	if err := client.Err(); err != nil {
		return err
	}
	if next < tree.N/torchwood.TileWidth*torchwood.TileWidth {
		return fmt.Errorf("only %d were given", next)
	}
	return nil
}

// checkpoint opens a note that both the log and the witness must have signed.
func checkpoint(path string, given Case, log, witness note.Verifier) (tlog.Tree, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	return opened(data, given, log, witness)
}

func opened(data []byte, given Case, log, witness note.Verifier) (tlog.Tree, error) {
	found, err := note.Open(data, note.VerifierList(log, witness))
	if err != nil {
		return tlog.Tree{}, err
	}
	if len(found.Sigs) != 2 {
		return tlog.Tree{}, fmt.Errorf("%d signatures verify, not 2", len(found.Sigs))
	}
	at, err := torchwood.CosignatureTimestamp(found.Sigs[1])
	if err != nil || at != given.Time {
		return tlog.Tree{}, fmt.Errorf("cosigned at %d, %w", at, err)
	}
	head, err := torchwood.ParseCheckpoint(found.Text)
	if err != nil {
		return tlog.Tree{}, err
	}
	if head.Origin != given.Origin {
		return tlog.Tree{}, errors.New("another log's")
	}
	return head.Tree, nil
}

func proofFile(name string, given Case, log, witness note.Verifier) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var kept proof.TLogProof
	if err := kept.Unmarshal(data); err != nil {
		return err
	}
	if !bytes.Equal(kept.Marshal(), data) {
		return errors.New("it is spelled otherwise")
	}
	tree, err := opened(kept.Checkpoint, given, log, witness)
	if err != nil {
		return err
	}
	path := make(tlog.RecordProof, len(kept.Hashes))
	for nth, each := range kept.Hashes {
		path[nth] = tlog.Hash(each)
	}
	index := int64(kept.Index)
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(given.Entries[index]))
}

func hashes(raw [][]byte) []tlog.Hash {
	found := make([]tlog.Hash, len(raw))
	for nth, each := range raw {
		found[nth] = tlog.Hash(each)
	}
	return found
}
