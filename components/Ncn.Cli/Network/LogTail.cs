namespace Ncn.Cli.Network;

/// <summary>The end of a log file, for an error message.</summary>
internal static class LogTail
{
    private const int Lines = 12;

    public static string Read(string path) => File.Exists(path)
        ? $"The end of {path}:\n{string.Join('\n', File.ReadLines(path).TakeLast(Lines))}"
        : $"There is no log {path}.";
}
