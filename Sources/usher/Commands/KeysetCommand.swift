import ArgumentParser
import FieldEncryption
import Foundation

/// `usher keyset`: the operator's keyset, and what it has sealed. Key bytes are never printed.
struct KeysetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keyset", abstract: "Make, list and rotate the keys that seal personal data.",
    discussion: """
      A rotation without downtime: rotate --prepare, wait until every server has the new file (a few seconds where they share \
      one), rotate --promote ID; the servers then seal everything anew by the new key (keyset progress). When list --counts \
      shows that nothing needs the old key any more: disable ID, and some time later destroy ID.
      """,
    subcommands: [
      Create.self, Rotate.self, List.self, Enable.self, Disable.self, Destroy.self, Rewrap.self, Progress.self,
    ])

  /// Which keyset file a command is about.
  struct File: ParsableArguments {
    @Option(help: "The keyset file; USHER_KEYSET_FILE where it is not given.") var file: String?

    func keysetFile() throws -> KeysetFile {
      guard let path = file ?? ProcessInfo.processInfo.environment["USHER_KEYSET_FILE"], !path.isEmpty else {
        throw ValidationError("which keyset? Give --file, or set USHER_KEYSET_FILE")
      }
      return KeysetFile(path: path)
    }
  }

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a new keyset to a file of mode 600.")
    @OptionGroup var keyset: File

    func run() throws {
      let file = try keyset.keysetFile()
      print("wrote \(file.path), primary key \(try file.create().primaryKeyID)")
    }
  }

  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a key, or make one the primary, which seals from then on; what older keys sealed stays readable.")
    @OptionGroup var keyset: File
    @Flag(help: "First step: add an enabled key that does not seal yet.") var prepare = false
    @Option(help: "Second step, when every server has it: make this key the primary.") var promote: UInt32?

    func validate() throws {
      guard !prepare || promote == nil else { throw ValidationError("--prepare and --promote are two steps") }
    }

    func run() throws {
      let file = try keyset.keysetFile()
      if prepare {
        var added: UInt32 = 0
        _ = try file.change { keyset throws(KeysetError) in
          let (changed, id) = try keyset.prepared()
          added = id
          return changed
        }
        print("added key \(added), which opens and does not seal yet; when every server has it: --promote \(added)")
      } else if let promote {
        _ = try file.change { keyset throws(KeysetError) in try keyset.promoting(promote) }
        print("key \(promote) is the primary; servers seal the older values anew (keyset progress)")
      } else {
        let changed = try file.change { keyset throws(KeysetError) in try keyset.rotated() }
        print("added key \(changed.primaryKeyID), which is the primary")
        FileHandle.standardError.write(
          Data(
            """
            warning: where several servers run, those that read the file some seconds later cannot open what the first ones \
            seal until then; use --prepare and --promote

            """.utf8))
      }
    }
  }
}
