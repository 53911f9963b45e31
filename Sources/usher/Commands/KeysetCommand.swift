import ArgumentParser
import FieldEncryption
import Foundation

/// `usher keyset`: makes and shows the operator's keyset. Key bytes are never printed.
struct KeysetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keyset", abstract: "Make, rotate and show the keyset that seals personal data.",
    subcommands: [Generate.self, Rotate.self, Show.self])

  struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a new keyset to a file of mode 600.")
    @Option(help: "The file to write; it must not exist.") var out: String

    func run() throws {
      guard !FileManager.default.fileExists(atPath: out) else {
        throw ValidationError("\(out) exists; a keyset that is overwritten makes its data unreadable for ever")
      }
      let keyset = try Keyset.generate()
      try keyset.write(toFile: out)
      print("wrote \(out), primary key \(keyset.primaryKeyID)")
    }
  }

  struct Rotate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a new primary key; what older keys sealed stays readable.")
    @Option(help: "The keyset file.") var file: String

    func run() throws {
      let keyset = try Keyset(contentsOfFile: file).rotated()
      try keyset.write(toFile: file)
      print("wrote \(file), primary key \(keyset.primaryKeyID); restart the servers that use it")
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys by id and status, without their bytes.")
    @Option(help: "The keyset file.") var file: String

    func run() throws {
      for key in try Keyset(contentsOfFile: file).keys {
        print("\(key.id) \(key.status.rawValue)\(key.isPrimary ? " primary" : "")")
      }
    }
  }
}
