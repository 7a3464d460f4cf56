//! What every drawing has to keep: no text is cut, no two overlap.

use resvg::usvg::{self, Node, Tree};

fn tree(svg: &str) -> Tree {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_font_data(include_bytes!("../../assets/DejaVuSans.ttf").to_vec());
    Tree::from_str(svg, &options).unwrap()
}

/// Every text with its box, in CSS pixels.
fn texts(tree: &Tree) -> Vec<(String, usvg::Rect)> {
    fn visit(group: &usvg::Group, found: &mut Vec<(String, usvg::Rect)>) {
        for node in group.children() {
            match node {
                Node::Text(text) => {
                    let words: String = text.chunks().iter().map(|chunk| chunk.text().to_owned()).collect();
                    found.push((words, text.abs_bounding_box()));
                }
                Node::Group(group) => visit(group, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    visit(tree.root(), &mut found);
    found
}

/// No text is cut by the sheet's edge, and no two texts overlap.
pub fn check_texts(name: &str, svg: &str) {
    let tree = tree(svg);
    let texts = texts(&tree);
    assert!(texts.len() > 2, "{name}: only {} texts", texts.len());
    let (width, height) = (tree.size().width(), tree.size().height());
    for (at, (words, rect)) in texts.iter().enumerate() {
        let inside =
            rect.left() >= 0.0 && rect.top() >= 0.0 && rect.right() <= width && rect.bottom() <= height;
        assert!(inside, "{name}: `{words}` is cut: {rect:?} on {width} x {height}");
        for (other, second) in &texts[at + 1..] {
            // Boxes hold ascenders and descenders that letters rarely use: a little may overlap.
            let across = rect.right().min(second.right()) - rect.left().max(second.left());
            let down = rect.bottom().min(second.bottom()) - rect.top().max(second.top());
            assert!(
                across < 0.5 || down < 4.0,
                "{name}: `{words}` and `{other}` overlap by {across} x {down}"
            );
        }
    }
}
