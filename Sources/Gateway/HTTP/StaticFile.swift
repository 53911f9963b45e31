import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue

/// A file that is built into the program, ready in both forms: as it is, and compressed. Each has an ETag of its own, since each
/// is other bytes.
struct StaticFile: Sendable {
  private struct Form: Sendable {
    let contents: ByteBuffer
    let headers: HTTPFields
  }

  private let plain: Form
  /// Nil where it is not worth it.
  private let compressed: Form?

  /// - Parameters:
  ///   - contents: the file.
  ///   - type: its Content-Type.
  ///   - cacheControl: for how long it may be kept; by default it is checked with the server at each use.
  ///   - others: what else its answers say.
  init(_ contents: [UInt8], type: String, cacheControl: String = "no-cache", headers others: HTTPFields = [:]) {
    let tag = SHA1.hexadecimal(contents).prefix(20)
    var headers = others
    headers[.contentType] = type
    headers[.eTag] = "\"\(tag)\""
    headers[.cacheControl] = cacheControl
    headers[.xContentTypeOptions] = "nosniff"
    let text = ByteBuffer(bytes: contents)
    guard contents.count >= ContentCoding.minimum, let small = try? Gzip.compressed(text) else {
      plain = Form(contents: text, headers: headers)
      compressed = nil
      return
    }
    headers[.vary] = HTTPField.Name.acceptEncoding.rawName
    plain = Form(contents: text, headers: headers)
    headers[.contentEncoding] = "gzip"
    headers[.eTag] = "\"\(tag)-gzip\""
    compressed = Form(contents: small, headers: headers)
  }

  /// The file in the form that the reader likes.
  func response(to request: Request) -> Response {
    let form = ContentCoding.takesGzip(request.headers[values: .acceptEncoding]) ? compressed ?? plain : plain
    return Response(status: .ok, headers: form.headers, body: ResponseBody(byteBuffer: form.contents))
  }
}
