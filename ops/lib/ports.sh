# shellcheck shell=bash
# Which TCP ports are free. Read from /proc, so that it works before any package is installed.

# port_is_used PORT: true when anything on this machine listens there, on any address.
port_is_used() {
  local hex
  printf -v hex '%04X' "$1"
  # Column 2 is ADDRESS:PORT, column 4 the state, 0A = LISTEN. tcp6 is missing where IPv6 is off.
  awk -v port=":$hex" '$4 == "0A" && index($2, port) == length($2) - 4 { used = 1 } END { exit !used }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# port_answers PORT: true when a connection to it on loopback is accepted.
port_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

PORTS_TAKEN=" "

# choose_port VARIABLE FIRST: sets the variable to the first port from FIRST up that nobody uses and that was not chosen before.
choose_port() {
  local candidate=$2
  while [[ $PORTS_TAKEN == *" $candidate "* ]] || port_is_used "$candidate"; do
    candidate=$((candidate + 1))
    ((candidate < $2 + 200)) || die "no free port in $2 to $candidate; set $1 to one"
  done
  take_port "$candidate" "$1"
  printf -v "$1" '%s' "$candidate"
}

# take_port PORT WHO: keeps choose_port from giving it away; ends the script when it is no port.
take_port() {
  [[ $1 =~ ^[1-9][0-9]{0,4}$ && $1 -le 65535 ]] || die "$2 has '$1' where a port (1 to 65535) must stand"
  PORTS_TAKEN+="$1 "
}
