using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>Reads YAML files of one or several documents into plain classes, with errors that name file and line.</summary>
internal static class YamlFile
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .IgnoreUnmatchedProperties()
        .Build();

    public static T ReadOne<T>(string path)
        where T : class =>
        ReadAll<T>(path, _ => true).FirstOrDefault() ?? throw new ConfigurationException($"{path} is empty.");

    public static IReadOnlyList<T> ReadKind<T>(string path, string kind)
        where T : class
    {
        var kinds = ReadAll<Header>(path, _ => true).Select(header => header.Kind).ToList();
        return ReadAll<T>(path, index => string.Equals(kinds[index], kind, StringComparison.OrdinalIgnoreCase));
    }

    private static List<T> ReadAll<T>(string path, Func<int, bool> wanted)
        where T : class
    {
        try
        {
            using var text = new StreamReader(path);
            return ReadDocuments<T>(new Parser(text), wanted);
        }
        catch (YamlException error)
        {
            throw new ConfigurationException($"{path}, line {error.Start.Line}: {error.InnerException?.Message ?? error.Message}", error);
        }
        catch (IOException error)
        {
            throw new ConfigurationException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static List<T> ReadDocuments<T>(Parser parser, Func<int, bool> wanted)
        where T : class
    {
        var documents = new List<T>();
        parser.Consume<StreamStart>();
        for (var index = 0; parser.Accept<DocumentStart>(out _); index++)
        {
            if (!wanted(index))
            {
                Deserializer.Deserialize<object?>(parser);
                continue;
            }

            if (Deserializer.Deserialize<T?>(parser) is { } document)
            {
                documents.Add(document);
            }
        }

        return documents;
    }

    private sealed class Header
    {
        public string Kind { get; set; } = "";
    }
}
