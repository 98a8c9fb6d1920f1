using System.Globalization;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Serving.Streaming.Frames;

/// <summary>Reads a client's frame. Pure, in one pass; a body is not parsed here but kept as it is.</summary>
internal static class FrameReader
{
    /// <summary>Levels of JSON in a frame: those of a body, and the frame around it.</summary>
    public const int MaxDepth = 33;

    private const int MaxIdLength = 64;
    private const int MaxPathLength = 1024;

    /// <summary>The frame, or null and what is wrong with it.</summary>
    public static ClientFrame? Read(ReadOnlyMemory<byte> text, out FrameProblem? problem)
    {
        var members = new FrameMembers();
        try
        {
            members.Read(text);
            problem = members.Problem is { } wrong ? FrameProblem.Malformed(members.Id, wrong) : null;
        }
        catch (JsonException malformed)
        {
            problem = FrameProblem.Malformed(
                members.Id, $"The frame is not valid JSON (byte {malformed.BytePositionInLine + 1}); send one JSON object of at most {MaxDepth} levels.");
        }
        catch (InvalidOperationException)
        {
            problem = FrameProblem.Malformed(members.Id, "The frame has text with half of a surrogate pair, which is no character.");
        }

        return problem is null ? Of(members, out problem) : null;
    }

    private static ClientFrame? Of(FrameMembers members, out FrameProblem? problem)
    {
        problem = IdProblem(members) is { } wrong ? FrameProblem.Malformed(null, wrong) : null;
        if (problem is not null)
        {
            return null;
        }

        var (frame, refusal) = members.Type switch
        {
            "request" => Request(members),
            "cancel" => (new ClientFrame.Cancel(members.Id!), null),
            "voucher" => Voucher(members),
            "resume" => Resume(members),
            "ping" => (new ClientFrame.Ping(members.Id), null),
            null => (null, "type is missing; it must be request, cancel, voucher, resume or ping."),
            _ => ((ClientFrame?)null, "type must be request, cancel, voucher, resume or ping."),
        };
        problem = refusal is null ? null : FrameProblem.Malformed(members.Id, refusal);
        return frame;
    }

    private static string? IdProblem(FrameMembers members) =>
        members.Id is null ? members.Type == "ping" ? null : "id is missing; it must be a string of 1 to 64 characters."
        : members.Id.Length is 0 or > MaxIdLength ? $"id must be a string of 1 to {MaxIdLength} characters."
        : null;

    private static (ClientFrame?, string?) Request(FrameMembers members)
    {
        if (members.Method is not (null or "POST" or "GET" or "DELETE"))
        {
            return (null, "method must be POST, GET or DELETE.");
        }

        if (members.Path is not { Length: > 0 and <= MaxPathLength } path || path[0] != '/' || path.Any(static letter => letter is <= ' ' or > '~' or '#'))
        {
            return (null, $"path must begin with a slash and have at most {MaxPathLength} visible ASCII characters, such as /v1/chat/completions.");
        }

        var headers = members.Headers;
        if (members.Payment is not null)
        {
            headers.Add(new("PAYMENT-SIGNATURE", members.Payment));
        }

        var query = path.IndexOf('?', StringComparison.Ordinal);
        return (new ClientFrame.Call(
            members.Id!, members.Method ?? "POST", query < 0 ? path : path[..query], query < 0 ? string.Empty : path[query..], headers, members.Body), null);
    }

    private static (ClientFrame?, string?) Voucher(FrameMembers members) => members.Payment is { } payment
        ? (new ClientFrame.Voucher(members.Id!, payment), null)
        : (null, "payment is missing; it must be an x402 payment, as an object or in the base64 form of PAYMENT-SIGNATURE.");

    private static (ClientFrame?, string?) Resume(FrameMembers members)
    {
        if (!Hex.TryParse<RequestId>(members.Request ?? string.Empty, out var request))
        {
            return (null, "request must be the id of a request, 0x and 64 hex digits, as its frames name it.");
        }

        List<KeyValuePair<string, string>> headers = [.. members.Headers];
        if (members.After is { } after)
        {
            headers.Add(new("Last-Event-ID", string.Create(CultureInfo.InvariantCulture, $"{request}:{after}")));
        }

        return (new ClientFrame.Call(members.Id!, "GET", $"/v1/requests/{request}/events", string.Empty, headers, default), null);
    }
}
