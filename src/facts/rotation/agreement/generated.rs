//! Generated configurations of logrotate, alike in every run.

use super::Bench;

/// xorshift: the same configurations in every run.
pub struct Random(pub u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) % n as u64) as usize
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

fn directive(random: &mut Random, bench: &Bench) -> String {
    let count = random.below(100);
    match random.below(34) {
        0 => "daily".to_owned(),
        1 => "hourly".to_owned(),
        2 => "yearly".to_owned(),
        3 => {
            random.one(&["weekly", "weekly 3", "weekly 7", "weekly 0 ", "weekly 8", "weekly 2nd"]).to_owned()
        }
        4 => random.one(&["monthly", "monthly", "monthly", "monthly 3", "monthly 31"]).to_owned(),
        5 => format!("rotate {count}"),
        6 => format!("rotate={count}"),
        7 => random.one(&["rotate -1", "rotate 010", "rotate 0x20", "rotate", "rotate -2"]).to_owned(),
        8 => format!("size {count}{}", random.one(&["", "k", "K", "M", "G", "x", " k"])),
        9 => format!("minsize {}k", 1 + count),
        10 => format!("maxsize {}M", 1 + count),
        11 => format!("maxage {count}"),
        12 => format!("minage {}", count % 3),
        13 => random.one(&["notifempty", "ifempty"]).to_owned(),
        14 => random.one(&["compress", "nocompress", "compress delaycompress", "nodelaycompress"]).to_owned(),
        15 => random.one(&["create 0640 root root", "create 600", "create root adm", "create"]).to_owned(),
        16 => random.one(&["nocreate", "create 0644 a b c"]).to_owned(),
        17 => random.one(&["copytruncate", "nocopytruncate"]).to_owned(),
        18 => random.one(&["copy", "nocopy", "renamecopy", "norenamecopy"]).to_owned(),
        19 => random.one(&["dateext", "nodateext"]).to_owned(),
        20 => "# a comment\n\n  missingok".to_owned(),
        21 => "postrotate\n    /bin/true }\n  endscript".to_owned(),
        22 => "prerotate\n  /bin/false\nendscript daily".to_owned(),
        23 => random.one(&["firstaction\n/bin/a\nendscript", "lastaction\n  \n  endscript"]).to_owned(),
        24 => random.one(&["sharedscripts", "nosharedscripts"]).to_owned(),
        25 => random
            .one(&["no_such_word", "dateyesterday", "daily rotate 5", "daily 5", "missingok,"])
            .to_owned(),
        26 => random.one(&["olddir old", "noolddir", "olddir a b", "olddir"]).to_owned(),
        27 => format!("olddir {}", bench.name("old")),
        28 if bench.root => {
            random.one(&["su root root", "su root adm", "su root", "su root adm x"]).to_owned()
        }
        29 => format!("include {}", bench.name("inner.conf")),
        30 => random.one(&["ignoreduplicates", "include /no/such/file", "include"]).to_owned(),
        31 => random.one(&["start 2", "shred", "mailfirst", "compressext .z", "extension .log"]).to_owned(),
        32 => random.one(&["rotate", "maxage", "size", "minage x", "dateformat -%Y", "="]).to_owned(),
        _ => "weekly".to_owned(),
    }
}

/// A few directives, a line each.
pub fn lines(random: &mut Random, bench: &Bench, most: usize) -> String {
    (0..random.below(most + 1)).map(|_| format!("{}\n", directive(random, bench))).collect()
}

/// What stands outside of sections: mostly nothing that ends the file.
fn globals(random: &mut Random, bench: &Bench, level: usize) -> String {
    match random.below(9) {
        0 => lines(random, bench, 2),
        1 => "rotate 9\nnotifempty\n".to_owned(),
        2 => "create 0640 root adm\nweekly\n".to_owned(),
        3 if level == 3 => format!("include {}\n", bench.name("inc")),
        4 if level == 3 => format!("include {}\n", bench.name("more.conf")),
        5 => {
            random.one(&["tabooext + .skip, .x\n", "tabooext .conf\n", "taboopat + *.sk?p .h*\n"]).to_owned()
        }
        6 => "olddir old\n".to_owned(),
        7 => "ignoreduplicates\n".to_owned(),
        _ => String::new(),
    }
}

/// A configuration of a few sections, with includes on the outermost level.
pub fn configuration(random: &mut Random, bench: &Bench, sections: usize) -> String {
    let mut text = globals(random, bench, sections);
    for _ in 0..sections {
        text.push_str(&globals(random, bench, sections));
        let n = random.below(3);
        let names = match random.below(7) {
            0 => format!("{}/*.log", bench.name("")),
            1 => format!("{}/a[12].log", bench.name("")),
            2 => format!("\"{0}/b {n}*.log\" {0}/c.log", bench.name("")),
            3 => format!("{0}/a{n}.log\n# between\n{0}/no-such{n}.log", bench.name("")),
            4 => format!("{0}/b\\ {n}?.log '{0}/z'", bench.name("")),
            _ => format!("{}/a{n}.log", bench.name("")),
        };
        text.push_str(&format!("{names}{}{{\n", random.one(&[" ", "\n", ""])));
        for _ in 0..1 + random.below(6) {
            text.push_str(&format!("  {}\n", directive(random, bench)));
        }
        text.push_str(random.one(&["}\n", "}\n", "}\n", "}\n", "}\n\n", "} daily\n"]));
    }
    text
}
