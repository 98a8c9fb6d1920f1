using System.Text.Json;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>
/// The file that anvil dumps its state to. A dump that a kill -9 cut short would keep anvil from starting, so each start
/// first looks whether the file is whole: if so it becomes the copy to fall back to, if not the copy takes its place.
/// </summary>
internal sealed class ChainState(string path)
{
    public string Path { get; } = path;

    private string Copy => Path + ".whole";

    public async Task RepairAsync()
    {
        if (!File.Exists(Path))
        {
            return;
        }

        if (await IsWholeAsync())
        {
            File.Copy(Path, Copy, overwrite: true);
            return;
        }

        RuntimeLog.Write("anvil", "its state file was cut short; the last whole one takes its place");
        File.Move(Path, Path + ".broken", overwrite: true);
        if (File.Exists(Copy))
        {
            File.Copy(Copy, Path);
        }
    }

    private async Task<bool> IsWholeAsync()
    {
        try
        {
            await using var stream = File.OpenRead(Path);
            using var document = await JsonDocument.ParseAsync(stream);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
