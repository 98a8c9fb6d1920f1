using System.Globalization;
using System.Text.Json.Nodes;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.Validators;

/// <summary>A folder with the shipped models at a hundred times their price: half a percent of a short answer is money then, and can be shared out.</summary>
internal sealed class DearModels : IDisposable
{
    private const int Times = 100;

    public DearModels()
    {
        foreach (var model in (string[])["tiny-chat", "digits"])
        {
            var (from, to) = (System.IO.Path.Combine(Installation.Root, "compute-worker", "models", model, "1"), Directory.CreateDirectory(System.IO.Path.Combine(Path, model, "1")).FullName);
            foreach (var file in Directory.EnumerateFiles(from))
            {
                File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
            }

            Raise(System.IO.Path.Combine(to, "ncn-model.json"));
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("ncn-dear-models-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static void Raise(string manifest)
    {
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        var price = json["price"]!.AsObject();
        foreach (var (name, value) in price.ToArray())
        {
            price[name] = (long.Parse(value!.GetValue<string>(), CultureInfo.InvariantCulture) * Times).ToString(CultureInfo.InvariantCulture);
        }

        File.WriteAllText(manifest, json.ToJsonString());
    }
}
