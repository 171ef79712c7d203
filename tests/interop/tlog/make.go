package main

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Made is what others' libraries say of the same entries.
type Made struct {
	Checkpoints   map[int64][]byte `json:"checkpoints"`
	Proofs        [][]byte         `json:"proofs"`
	Consistencies []Consistency    `json:"consistencies"`
	WitnessVKey   string           `json:"witness_vkey"`
}

// stored keeps the hashes of a tree where tlog wants them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for nth, index := range indexes {
		found[nth] = s[index]
	}
	return found, nil
}

func produce(folder string, given Case) error {
	log, err := note.NewSigner(given.SKey)
	if err != nil {
		return err
	}
	witness, err := torchwood.NewCosignatureSigner("witness.example/go", ed25519.NewKeyFromSeed(given.WitnessSeed))
	if err != nil {
		return err
	}
	var hashes stored
	for nth, entry := range given.Entries {
		more, err := tlog.StoredHashes(int64(nth), entry, hashes)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
	}

	made := Made{Checkpoints: map[int64][]byte{}, WitnessVKey: witness.Verifier().String()}
	for _, size := range given.Sizes {
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return err
		}
		head := torchwood.Checkpoint{Origin: given.Origin, Tree: tlog.Tree{N: size, Hash: root}}
		made.Checkpoints[size], err = note.Sign(&note.Note{Text: head.String()}, log, witness)
		if err != nil {
			return err
		}
	}
	for _, each := range given.Inclusions {
		path, err := tlog.ProveRecord(each.Size, each.Index, hashes)
		if err != nil {
			return err
		}
		kept := proof.TLogProof{Index: uint64(each.Index), Checkpoint: made.Checkpoints[each.Size], ExtraData: []byte("go")}
		for _, hash := range path {
			kept.Hashes = append(kept.Hashes, hash)
		}
		made.Proofs = append(made.Proofs, kept.Marshal())
	}
	for _, each := range given.Consistencies {
		path, err := tlog.ProveTree(each.Size, each.OldSize, hashes)
		if err != nil {
			return err
		}
		each.Hashes = nil
		for _, hash := range path {
			each.Hashes = append(each.Hashes, hash[:])
		}
		made.Consistencies = append(made.Consistencies, each)
	}
	data, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "made.json"), data, 0o600)
}
