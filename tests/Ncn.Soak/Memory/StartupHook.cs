using System.Globalization;

/// <summary>
/// Runs inside the worker before its first line (.NET's startup hook) and writes its memory to a file, one line per look: seconds since the
/// start, bytes of the working set, bytes that live objects have after a full collection, bytes that the collector holds for them. It uses the base class library alone.
/// </summary>
/// <remarks>The runtime asks for this name, without a namespace, and for a method Initialize.</remarks>
#pragma warning disable CA1050 // The runtime looks for the type outside any namespace.
internal static class StartupHook
#pragma warning restore CA1050
{
    private const int LeakBytesPerSecond = 1 << 20;
    private static readonly List<byte[]> Kept = [];

    public static void Initialize()
    {
        string? folder = Environment.GetEnvironmentVariable("SOAK_MEMORY_FOLDER");
        string? every = Environment.GetEnvironmentVariable("SOAK_MEMORY_SECONDS");
        if (folder is null || every is null)
        {
            return;
        }

        double seconds = double.Parse(every, CultureInfo.InvariantCulture);
        bool leaks = Environment.GetEnvironmentVariable("SOAK_LEAK") == "1";
        new Thread(() => Watch(Path.Combine(folder, $"{Environment.ProcessId}.log"), seconds, leaks)) { IsBackground = true, Name = "memory watch" }.Start();
    }

    private static void Watch(string file, double seconds, bool leaks)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var log = new StreamWriter(file) { AutoFlush = true };
        while (true)
        {
            Thread.Sleep(TimeSpan.FromSeconds(seconds));
            if (leaks)
            {
                var kept = new byte[(int)(LeakBytesPerSecond * seconds)];
                Array.Fill(kept, (byte)1);
                Kept.Add(kept);
            }

            long workingSet = Environment.WorkingSet;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
            log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0.0} {workingSet} {GC.GetTotalMemory(false)} {GC.GetGCMemoryInfo().TotalCommittedBytes}"));
        }
    }
}
