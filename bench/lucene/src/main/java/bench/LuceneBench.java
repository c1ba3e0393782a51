package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.ko.KoreanAnalyzer;
import org.apache.lucene.analysis.miscellaneous.PerFieldAnalyzerWrapper;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.QueryBuilder;

/**
 * Indexes and searches the benchmark's documents with Lucene.
 *
 * <pre>
 * build nori  DOCUMENTS.tsv INDEX          titles with StandardAnalyzer, bullets with nori, texts stored
 * build terms TERMS.tsv INDEX              ready terms, split at spaces; no positions, only ids stored
 * query plain|fields|text INDEX WARMUP.tsv QUERIES.tsv OUT.tsv
 * </pre>
 *
 * A line of the documents is "id TAB title", then a column for each bullet (or one with all terms), a line of the
 * queries "text TAB terms", and a line of OUT "nanoseconds TAB ids". Builds use two threads, queries one.
 */
public final class LuceneBench {
  private static final int THREADS = 2;
  private static final int WARM_UP_ROUNDS = 5;
  private static final float TITLE_WEIGHT = 4f;
  private static final BM25Similarity BM25 = new BM25Similarity(0.9f, 0.4f);

  private LuceneBench() {}

  public static void main(String[] args) throws Exception {
    if (args.length == 4 && args[0].equals("build")) {
      build(args[1].equals("nori"), Path.of(args[2]), Path.of(args[3]));
    } else if (args.length == 6 && args[0].equals("query")) {
      query(args[1], Path.of(args[2]), Path.of(args[3]), Path.of(args[4]), Path.of(args[5]));
    } else {
      System.err.println("arguments: build nori|terms FILE INDEX, or query plain|fields|text INDEX WARMUP QUERIES OUT");
      System.exit(2);
    }
  }

  private static Analyzer korean() {
    return new PerFieldAnalyzerWrapper(new KoreanAnalyzer(), Map.of("title", new StandardAnalyzer()));
  }

  private static void build(boolean nori, Path source, Path folder) throws Exception {
    IndexWriterConfig config = new IndexWriterConfig(nori ? korean() : new WhitespaceAnalyzer());
    config.setSimilarity(BM25);
    config.setRAMBufferSizeMB(256);
    FieldType type = new FieldType();
    type.setTokenized(true);
    type.setIndexOptions(nori ? IndexOptions.DOCS_AND_FREQS_AND_POSITIONS : IndexOptions.DOCS_AND_FREQS);
    type.setStored(nori);
    type.freeze();
    try (BufferedReader lines = Files.newBufferedReader(source, StandardCharsets.UTF_8);
        FSDirectory directory = FSDirectory.open(folder);
        IndexWriter writer = new IndexWriter(directory, config);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      Callable<Void> work =
          () -> {
            for (String line = next(lines); line != null; line = next(lines)) {
              String[] columns = line.split("\t", -1);
              Document document = new Document();
              document.add(new StoredField("id", columns[0]));
              document.add(new Field("title", columns[1], type));
              for (int i = 2; i < columns.length; i++) {
                document.add(new Field("bullets", columns[i], type));
              }
              writer.addDocument(document);
            }
            return null;
          };
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        running.add(threads.submit(work));
      }
      for (Future<Void> one : running) {
        one.get();
      }
      writer.commit();
    }
  }

  private static String next(BufferedReader lines) throws IOException {
    synchronized (lines) {
      return lines.readLine();
    }
  }

  private static void query(String mode, Path folder, Path warmUp, Path queries, Path out) throws Exception {
    try (FSDirectory directory = FSDirectory.open(folder);
        DirectoryReader reader = DirectoryReader.open(directory);
        PrintWriter writer = new PrintWriter(Files.newBufferedWriter(out, StandardCharsets.UTF_8))) {
      IndexSearcher searcher = new IndexSearcher(reader);
      searcher.setSimilarity(BM25);
      searcher.setQueryCache(null);
      Analyzer analyzer = korean();
      List<String> lines = Files.readAllLines(warmUp, StandardCharsets.UTF_8);
      for (int round = 0; round < WARM_UP_ROUNDS; round++) {
        for (String line : lines) {
          search(searcher, parse(mode, line.split("\t", -1), analyzer));
        }
      }
      StoredFields stored = reader.storedFields();
      for (String line : Files.readAllLines(queries, StandardCharsets.UTF_8)) {
        String[] columns = line.split("\t", -1);
        long start = System.nanoTime();
        TopDocs found = search(searcher, parse(mode, columns, analyzer));
        long took = System.nanoTime() - start;
        List<String> ids = new ArrayList<>();
        for (ScoreDoc hit : found.scoreDocs) {
          ids.add(stored.document(hit.doc).get("id"));
        }
        writer.println(took + "\t" + String.join(" ", ids));
      }
    }
  }

  private static TopDocs search(IndexSearcher searcher, Query query) throws IOException {
    // The threshold 10 lets Lucene stop counting, and so skip blocks, as soon as it has its ten.
    return searcher.search(query, new TopScoreDocCollectorManager(10, null, 10));
  }

  private static Query parse(String mode, String[] columns, Analyzer analyzer) {
    BooleanQuery.Builder any = new BooleanQuery.Builder();
    if (mode.equals("text")) {
      QueryBuilder words = new QueryBuilder(analyzer);
      Query title = words.createBooleanQuery("title", columns[0]);
      Query bullets = words.createBooleanQuery("bullets", columns[0]);
      if (title != null) {
        any.add(new BoostQuery(title, TITLE_WEIGHT), BooleanClause.Occur.SHOULD);
      }
      if (bullets != null) {
        any.add(bullets, BooleanClause.Occur.SHOULD);
      }
      return any.build();
    }
    for (String term : columns[1].split(" ")) {
      any.add(new TermQuery(new Term("bullets", term)), BooleanClause.Occur.SHOULD);
      if (mode.equals("fields")) {
        Query title = new TermQuery(new Term("title", term));
        any.add(new BoostQuery(title, TITLE_WEIGHT), BooleanClause.Occur.SHOULD);
      }
    }
    return any.build();
  }
}
