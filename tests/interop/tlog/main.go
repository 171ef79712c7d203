// Command tlog checks a folder that DataCity's shared/tlog wrote with the libraries of others, and writes what
// shared/tlog must be able to check. test_interop.py runs it.
//
//	tlog check FOLDER   reads case.json, the checkpoints, tiles, bundles and proofs; says on stdout what it checked
//	tlog make FOLDER    writes notes, roots and proofs over the same entries into made.json
//	tlog audit URL VKEY verifies a published log, every entry of it
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Case is what the test tells: keys, sizes, and proofs that our library made.
type Case struct {
	Origin        string        `json:"origin"`
	VKey          string        `json:"vkey"`
	SKey          string        `json:"skey"`
	WitnessVKey   string        `json:"witness_vkey"`
	WitnessSeed   []byte        `json:"witness_seed"`
	Time          int64         `json:"time"`
	Sizes         []int64       `json:"sizes"`
	Inclusions    []Inclusion   `json:"inclusions"`
	Consistencies []Consistency `json:"consistencies"`
	Entries       [][]byte      `json:"entries"`
}

// Inclusion is a proof that entry Index is in the tree of Size.
type Inclusion struct {
	Index  int64    `json:"index"`
	Size   int64    `json:"size"`
	Hashes [][]byte `json:"hashes"`
}

// Consistency is a proof that the tree of Size begins with that of OldSize.
type Consistency struct {
	OldSize int64    `json:"old_size"`
	Size    int64    `json:"size"`
	Hashes  [][]byte `json:"hashes"`
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "audit" {
		if err := audit(os.Args[2], os.Args[3]); err != nil {
			fail(err)
		}
		return
	}
	if len(os.Args) != 3 {
		fail(fmt.Errorf("say check or make, and a folder; or audit, a URL and a key"))
	}
	folder := os.Args[2]
	var given Case
	data, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err == nil {
		err = json.Unmarshal(data, &given)
	}
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "check":
		err = check(folder, given)
	case "make":
		err = produce(folder, given)
	default:
		err = fmt.Errorf("%s is neither check nor make", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
