using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>The statements of one channel on disk: evidence, so each is flushed before anybody is told of it.</summary>
internal static class StatementFile
{
    /// <summary>Most statements that are kept; the oldest go first, since a newer one covers more.</summary>
    public const int MaxKept = 32;

    public static IReadOnlyList<Signed<ChannelStatement>> Read(string directory, ChannelId channel)
    {
        var path = PathOf(directory, channel);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<List<Signed<ChannelStatement>>>(File.ReadAllBytes(path), ProtocolJson.Strict)! : [];
        }
        catch (JsonException damaged)
        {
            throw new PaymentException($"The file of statements {path} is damaged; keep a copy, it is evidence, and move it away.", damaged);
        }
    }

    /// <summary>Keeps one more. The caller holds the channel's lock.</summary>
    public static void Add(string directory, Signed<ChannelStatement> statement)
    {
        var channel = statement.Message.ChannelId;
        var kept = Read(directory, channel).Where(old => old.Message != statement.Message).Append(statement).TakeLast(MaxKept).ToList();
        var path = PathOf(directory, channel);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, kept, ProtocolJson.Options);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
        FolderFlush.Flush(directory);
    }

    private static string PathOf(string directory, ChannelId channel) => Path.Combine(directory, $"{channel}.statements");
}
