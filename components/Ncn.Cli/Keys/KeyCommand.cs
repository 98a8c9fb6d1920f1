using System.CommandLine;
using Ncn.Cli.Network;

namespace Ncn.Cli.Keys;

/// <summary><c>key FILE</c>: a key's address, and the key itself where there is none yet.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "Where the key is, or is to be made: 0x and 64 hex digits, mode 0600." };
        var command = new Command("key", "Make a key where there is none, and print its address; the key itself is never printed.") { file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path))
            {
                KeyFiles.Write(path);
            }

            using var key = KeyFiles.Read(path);
            Console.WriteLine(key.Address);
            return 0;
        });
        return command;
    }
}
