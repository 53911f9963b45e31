// The baseline of `usher-bench rest`: GET /v1/users/{id} as one would write it in Go with net/http and lib/pq. The token's
// signature and claims are checked, the row is read by a prepared statement, its personal fields are opened.
package main

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/lib/pq"
)

// As many connections as gave the highest rate.
const connections = 16

type user struct {
	ID          string    `json:"id"`
	Username    string    `json:"username"`
	Level       string    `json:"level"`
	Queues      []string  `json:"queues"`
	Skills      []string  `json:"skills"`
	Capacity    *int64    `json:"capacity"`
	Disabled    bool      `json:"disabled"`
	Email       *string   `json:"email"`
	DisplayName *string   `json:"display_name"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

type claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Level    string `json:"level"`
	Expires  int64  `json:"exp"`
}

type server struct {
	statement *sql.Stmt
	verifiers map[string]ed25519.PublicKey
	ciphers   map[uint32]cipher.AEAD
}

var errToken = errors.New("the token is not good")

// principal checks the bearer token: EdDSA by a known key, and the claims.
func (s *server) principal(request *http.Request) (*claims, error) {
	bearer := request.Header.Get("Authorization")
	if !strings.HasPrefix(bearer, "Bearer ") {
		return nil, errToken
	}
	token := bearer[len("Bearer "):]
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errToken
	}
	var header struct {
		Algorithm string `json:"alg"`
		Key       string `json:"kid"`
	}
	if decode(parts[0], &header) != nil || header.Algorithm != "EdDSA" {
		return nil, errToken
	}
	key, ok := s.verifiers[header.Key]
	if !ok {
		return nil, errToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(key, []byte(token[:len(parts[0])+1+len(parts[1])]), signature) {
		return nil, errToken
	}
	var found claims
	if decode(parts[1], &found) != nil || found.Issuer != "usher" || found.Audience != "bench" ||
		found.Expires <= time.Now().Unix() {
		return nil, errToken
	}
	return &found, nil
}

func decode(part string, into interface{}) error {
	bytes, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, into)
}

// open decrypts a value in Tink's form: 1, key id, nonce, ciphertext and tag.
func (s *server) open(sealed []byte, column, id string) (*string, error) {
	if sealed == nil {
		return nil, nil
	}
	if len(sealed) < 33 || sealed[0] != 1 {
		return nil, errors.New("not a sealed value")
	}
	aead, ok := s.ciphers[binary.BigEndian.Uint32(sealed[1:5])]
	if !ok {
		return nil, errors.New("an unknown key")
	}
	plain, err := aead.Open(nil, sealed[5:17], sealed[17:], []byte("users."+column+"."+id))
	if err != nil {
		return nil, err
	}
	text := string(plain)
	return &text, nil
}

func (s *server) user(writer http.ResponseWriter, request *http.Request) {
	principal, err := s.principal(request)
	if err != nil {
		http.Error(writer, `{"status":401}`, http.StatusUnauthorized)
		return
	}
	if principal.Level != "admin" {
		http.Error(writer, `{"status":403}`, http.StatusForbidden)
		return
	}
	var found user
	var email, name []byte
	err = s.statement.QueryRow(strings.TrimPrefix(request.URL.Path, "/v1/users/")).Scan(
		&found.ID, &found.Username, &found.Level, (*pq.StringArray)(&found.Queues), &found.Disabled, &email, &name,
		&found.CreatedAt, &found.UpdatedAt, &found.Version, (*pq.StringArray)(&found.Skills), &found.Capacity)
	if errors.Is(err, sql.ErrNoRows) {
		http.Error(writer, `{"status":404}`, http.StatusNotFound)
		return
	}
	if err == nil {
		found.Email, err = s.open(email, "email", found.ID)
	}
	if err == nil {
		found.DisplayName, err = s.open(name, "display_name", found.ID)
	}
	if err != nil {
		http.Error(writer, `{"status":503}`, http.StatusServiceUnavailable)
		return
	}
	body, err := json.Marshal(&found)
	if err != nil {
		http.Error(writer, `{"status":500}`, http.StatusInternalServerError)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	writer.Header().Set("Cache-Control", "no-store")
	writer.Header().Set("ETag", fmt.Sprintf(`"%d"`, found.Version))
	writer.Write(body)
}

// keyset reads the enabled keys of a Tink keyset of AES-256-GCM keys.
func keyset(path string) (map[uint32]cipher.AEAD, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set struct {
		Key []struct {
			KeyData struct {
				Value string `json:"value"`
			} `json:"keyData"`
			Status string `json:"status"`
			KeyID  uint32 `json:"keyId"`
		} `json:"key"`
	}
	if err := json.Unmarshal(bytes, &set); err != nil {
		return nil, err
	}
	ciphers := map[uint32]cipher.AEAD{}
	for _, key := range set.Key {
		value, err := base64.StdEncoding.DecodeString(key.KeyData.Value)
		// The message has one field of interest, and it is the last: the 32 bytes of the key.
		if err != nil || len(value) < 34 || key.Status != "ENABLED" {
			continue
		}
		block, err := aes.NewCipher(value[len(value)-32:])
		if err != nil {
			return nil, err
		}
		if ciphers[key.KeyID], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	return ciphers, nil
}

func run() error {
	db, err := sql.Open("postgres", os.Getenv("USHER_BENCH_DATABASE_URL")+"?sslmode=disable")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	server := &server{verifiers: map[string]ed25519.PublicKey{}}
	if server.ciphers, err = keyset(os.Getenv("USHER_BENCH_KEYSET_FILE")); err != nil {
		return err
	}
	rows, err := db.Query("SELECT kid, public_key FROM signing_keys WHERE retired_at IS NULL")
	if err != nil {
		return err
	}
	for rows.Next() {
		var kid string
		var key []byte
		if err := rows.Scan(&kid, &key); err != nil {
			return err
		}
		server.verifiers[kid] = key
	}
	if err := rows.Err(); err != nil {
		return err
	}
	server.statement, err = db.Prepare(`SELECT id, username, level, queues, disabled, email, display_name, created_at,
		updated_at, version, skills, capacity FROM users WHERE id = $1`)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/users/", server.user)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// It ends with whoever has started it.
	go func() {
		input := bufio.NewReader(os.Stdin)
		for {
			if _, err := input.ReadByte(); err != nil {
				os.Exit(0)
			}
		}
	}()
	port := listener.Addr().(*net.TCPAddr).Port
	fmt.Printf("ready %d %d\n", port, port)
	return http.Serve(listener, mux)
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
