namespace Ncn.LocalRuntime.Supervision;

/// <summary>A log of bounded size: when it is full it becomes <c>….1</c>, and the one before is gone.</summary>
internal sealed class LogFile
{
    private const long MostBytes = 8 * 1024 * 1024;
    private readonly Lock gate = new();
    private readonly string path;
    private StreamWriter writer;

    public LogFile(string path)
    {
        this.path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        writer = Open(append: true);
    }

    public void WriteLine(string line)
    {
        lock (gate)
        {
            if (writer.BaseStream.Length > MostBytes)
            {
                writer.Dispose();
                File.Move(path, path + ".1", overwrite: true);
                writer = Open(append: false);
            }

            writer.WriteLine(line);
        }
    }

    private StreamWriter Open(bool append) =>
        new(new FileStream(path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
}
