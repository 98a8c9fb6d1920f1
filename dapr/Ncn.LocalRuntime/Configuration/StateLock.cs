namespace Ncn.LocalRuntime.Configuration;

/// <summary>Keeps a second runtime from using the same state folder; the system lets go of it when the process ends, however it ends.</summary>
internal static class StateLock
{
    public static IDisposable Take(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, "runtime.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new ConfigurationException($"{directory} is in use by another local runtime; stop it first, or give another --state.", error);
        }
    }
}
