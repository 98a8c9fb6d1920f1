using System.Text;
using Grpc.Core;

namespace Grpc.Net;

/// <summary>Metadata as HTTP/2 headers.</summary>
internal static class WireMetadata
{
    internal const string ContentType = "application/grpc";
    internal const string StatusHeader = "grpc-status";
    internal const string MessageHeader = "grpc-message";
    internal const string TimeoutHeader = "grpc-timeout";
    internal const string EncodingHeader = "grpc-encoding";
    internal const string AcceptEncodingHeader = "grpc-accept-encoding";

    /// <summary><c>application/grpc</c>, with a <c>+format</c> or parameters after it.</summary>
    internal static bool IsGrpcContentType(string? value) =>
        value is not null
        && value.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (value.Length == ContentType.Length || value[ContentType.Length] is '+' or ';');

    /// <summary>Adds a received header, unless it belongs to the protocol and not to the application.</summary>
    internal static void Add(Metadata metadata, string name, string value)
    {
        if (IsProtocolHeader(name))
        {
            return;
        }
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }
        foreach (var part in value.Split(','))
        {
            metadata.Add(name, DecodeBase64(part.Trim()));
        }
    }

    internal static string Text(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;

    /// <summary>The status text as UTF-8, with everything but printable ASCII percent-encoded.</summary>
    internal static string EncodeStatusDetail(string detail)
    {
        var encoded = new StringBuilder(detail.Length);
        foreach (var letter in Encoding.UTF8.GetBytes(detail))
        {
            if (letter is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                encoded.Append((char)letter);
            }
            else
            {
                encoded.Append('%').Append(letter.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        return encoded.ToString();
    }

    private static bool IsProtocolHeader(string name) =>
        name.Length == 0 || name[0] == ':' || name.ToLowerInvariant() is StatusHeader or MessageHeader or TimeoutHeader
            or EncodingHeader or AcceptEncodingHeader or "content-type" or "te" or "host" or "accept-encoding";

    private static byte[] DecodeBase64(string value)
    {
        var padded = value.PadRight(value.Length + ((4 - (value.Length % 4)) % 4), '=');
        try
        {
            return Convert.FromBase64String(padded);
        }
        catch (FormatException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A binary header is not base64.", exception));
        }
    }
}
